import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeApi } from '@sluice/server';
import openapiTypescript, { astToString } from 'openapi-typescript';

// Writes what is derived from the source: the OpenAPI snapshot and the client's types. With --check it only compares.

const root = join(import.meta.dirname, '..');
const description = await describeApi();
const types = astToString(await openapiTypescript(description as never));
const files: [path: string, text: string][] = [
  ['packages/api-client/openapi.json', `${JSON.stringify(description, null, 2)}\n`],
  [
    'packages/api-client/src/schema.d.ts',
    `// Written by \`npm run generate\` from the server's route table.\n\n${types}`,
  ],
];

const check = process.argv.includes('--check');
for (const [path, text] of files) {
  const file = join(root, path);
  const found = await readFile(file, 'utf8').catch(() => '');
  if (found === text) continue;
  if (check) {
    console.error(`${path} is stale: run npm run generate and commit it.`);
    process.exitCode = 1;
  } else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    console.log(`${path} written`);
  }
}
