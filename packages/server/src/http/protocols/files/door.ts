import { parseGeneralFileKey } from '@sluice/formats/file';
import { filesPart } from '@sluice/formats/package';
import { ServerError } from '../../../errors.ts';
import { placeName } from '../place.ts';
import type { RepoProtocol } from '../repo-protocol.ts';
import { type SendFileDeps, sendFile } from '../send-file.ts';

/** General files, below `files/`: `<name>/[<version>/]<file name>`. They are uploaded by the API. */
export function filesDoor(deps: SendFileDeps): RepoProtocol {
  return {
    segments: ['files'],
    uploads: () => [],
    async serve(place, { rest }, request, response) {
      const file = rest.slice('files/'.length);
      if (!isKey(file)) throw new ServerError('file_missing', `Channel ${placeName(place)} has nothing at "${rest}".`);
      const contentType = 'application/octet-stream';
      return sendFile(deps, place, { part: filesPart, file, contentType, shown: rest }, request, response);
    },
  };
}

function isKey(text: string): boolean {
  try {
    parseGeneralFileKey(text);
    return true;
  } catch {
    return false;
  }
}
