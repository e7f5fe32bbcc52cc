import { inspectWheel } from '@sluice/archives';
import { parsePythonFileName } from '@sluice/formats/pypi';
import { pythonRefused, pythonUpload, viewPython } from './python-upload.ts';
import { translated, type UploadFormat } from './upload-format.ts';

/** Wheels. @see PyPA "Binary distribution format" */
export const wheelUpload: UploadFormat = {
  type: 'python',
  filetypes: ['bdist_wheel'],
  matches: (fileName) => fileName.endsWith('.whl'),
  async inspect(deps, upload, received) {
    const { fileName, receiving } = upload;
    translated('file_name', () => parsePythonFileName(fileName));
    const inspection = await inspectWheel(receiving.path, fileName, { limits: deps.limits ?? {} }).catch((error) => {
      throw pythonRefused(fileName, error);
    });
    return pythonUpload(upload, received, inspection.file, inspection);
  },
  view: viewPython,
};
