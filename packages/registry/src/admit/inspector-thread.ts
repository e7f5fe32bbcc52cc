import { parentPort, workerData } from 'node:worker_threads';
import type { Limits } from '@sluice/archives';
import { folderRecord } from './folder-record.ts';
import type { InspectorAnswer, InspectorCall, InspectorReply, InspectorRequest } from './inspectors.ts';

// The entry of a thread of `openInspectors`. Paths come in, records go out; it has no database and no store.

const { limits } = workerData as { limits: Partial<Limits> };
const port = parentPort!;

port.on('message', async ({ id, calls }: InspectorRequest) => {
  const answers: InspectorAnswer[] = [];
  // One after the other: what is held of large packages is bounded by the batches that are under way.
  for (const call of calls) answers.push(await answer(call));
  port.postMessage({ id, answers } satisfies InspectorReply);
});

async function answer([path, file, subdir]: InspectorCall): Promise<InspectorAnswer> {
  try {
    const { body, sha256, extra, small } = await folderRecord(path, file, subdir, limits);
    const digest = own(sha256);
    return {
      file,
      body: own(body),
      sha256: digest,
      extra: extra && own(extra),
      ...(small && { small: { bytes: own(small.bytes), inspection: { ...small.inspection, sha256: digest } } }),
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { failed: { message: error.message, code: 'code' in error ? error.code : undefined } };
  }
}

/** With memory of its own: of a view all that it looks into is sent. */
function own(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
}
