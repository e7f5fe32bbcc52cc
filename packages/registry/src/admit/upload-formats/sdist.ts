import { inspectSdist } from '@sluice/archives';
import { parsePythonFileName, readPythonFileName } from '@sluice/formats/pypi';
import { projectOf, pythonRefused, pythonUpload, viewPython } from './python-upload.ts';
import { translated, type UploadFormat } from './upload-format.ts';

/** Source distributions. @see PyPA "Source distribution format" */
export const sdistUpload: UploadFormat = {
  type: 'python',
  filetypes: ['sdist'],
  matches: (fileName) => readPythonFileName(fileName)?.kind === 'sdist',
  async inspect(deps, upload, received) {
    const { fileName, receiving } = upload;
    const { project } = projectOf(upload);
    translated('file_name', () => parsePythonFileName(fileName, project));
    const options = { limits: deps.limits ?? {}, ...(project !== undefined && { project }) };
    const inspection = await inspectSdist(receiving.path, fileName, options).catch((error) => {
      throw pythonRefused(fileName, error);
    });
    return pythonUpload(upload, received, inspection.file, inspection);
  },
  view: viewPython,
};
