"""Copy a bucket into a folder with boto3. Usage: s3_folder.py BUCKET FOLDER

Credentials and address are those of the environment. Prints what is in the bucket as JSON: the sizes of its objects by
their names, and the names of uploads that were never finished.
"""

import json
import pathlib
import sys

import boto3
from botocore.config import Config


def main(bucket: str, folder: pathlib.Path) -> None:
    s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
    objects = {found["Key"]: found["Size"] for found in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}
    for name in objects:
        s3.download_file(bucket, name, str(folder / pathlib.PurePosixPath(name).name))
    unfinished = [upload["Key"] for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]
    print(json.dumps({"objects": objects, "unfinished": unfinished}))


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
