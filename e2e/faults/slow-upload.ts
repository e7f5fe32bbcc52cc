import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BuiltPackage } from '@sluice/testkit';
import type { Admin } from './admin.ts';

/** An upload whose bytes go out as they are asked for. */
export interface SlowUpload {
  /** Send the form up to this share of it (1: all), over some 50 ms for each tenth. */
  sendUntil(share: number): Promise<void>;
  /** The status of the answer; undefined when the connection broke before there was one. */
  readonly answered: Promise<{ status: number; retryAfter: string | undefined; body: string } | undefined>;
}

/** Begin to upload a package to `demo`. */
export function beginUpload(url: string, admin: Admin, { fileName, bytes }: BuiltPackage): SlowUpload {
  const boundary = 'sluice-faults-boundary';
  const form = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="content"; filename="${fileName}"\r\n`),
    Buffer.from('Content-Type: application/octet-stream\r\n\r\n'),
    bytes,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  const request = http.request(`${url}/api/channels/demo/artifacts`, {
    method: 'POST',
    agent: false,
    headers: {
      ...admin.headers,
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': form.length,
    },
  });
  let sent = 0;
  const answered = new Promise<Awaited<SlowUpload['answered']>>((resolve) => {
    request.on('error', () => resolve(undefined));
    request.on('response', async (response) => {
      let body = '';
      try {
        for await (const part of response.setEncoding('utf8')) body += part;
        resolve({ status: response.statusCode!, retryAfter: response.headers['retry-after'], body });
      } catch {
        resolve(undefined);
      }
    });
  });
  return {
    answered,
    async sendUntil(share) {
      const end = Math.round(form.length * Math.min(share, 1));
      while (sent < end && !request.destroyed) {
        const piece = form.subarray(sent, Math.min(end, sent + Math.ceil(form.length / 100)));
        sent += piece.length;
        await new Promise((resolve) => request.write(piece, resolve));
        await sleep(5);
      }
      if (sent === form.length) request.end();
    },
  };
}

/** Upload a package at once. */
export async function upload(url: string, admin: Admin, made: BuiltPackage): Promise<number | undefined> {
  const uploading = beginUpload(url, admin, made);
  await uploading.sendUntil(1);
  return (await uploading.answered)?.status;
}
