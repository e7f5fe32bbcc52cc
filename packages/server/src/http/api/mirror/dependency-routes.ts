import { type MirrorDeps, mirrorDependencies } from '@sluice/mirror';
import type { DependencyLine } from '@sluice/policy';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { problems } from '../../problem-schema.ts';
import { DependenciesQuery, DependenciesView } from './dependency-schema.ts';
import { mirrorOf } from './mirror-of.ts';
import { MirrorParams } from './schema.ts';

/** The report on what a mirror that includes dependencies brings along: in pages, and as a file. */
export function registerDependencies(app: App, deps: MirrorDeps): void {
  for (const place of CHANNEL_PLACES) {
    const { noun } = place;
    const url = `${place.url}/mirrors/:id/dependencies`;
    const params = place.params.extend(MirrorParams.shape);

    app.route({
      method: 'GET',
      url,
      onRequest: inChannel(deps.db, `${noun}.mirror:view`),
      schema: {
        operationId: `list_${noun}_mirror_dependencies`,
        tags: ['mirror'],
        summary: 'What came of every spec that a mirror asks for, and of every one that its files depend on',
        params,
        querystring: DependenciesQuery,
        response: { 200: DependenciesView, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request) => {
        const { limit, offset, status } = request.query;
        const { id } = await mirrorOf(deps, channelOf(request), request.params.id);
        const { summary, lines } = await mirrorDependencies(deps, id);
        const wanted = status ? lines.filter((line) => line.status === status) : lines;
        return { summary, items: wanted.slice(offset, offset + limit), total_count: wanted.length };
      },
    });

    app.route({
      method: 'GET',
      url: `${url}/download`,
      onRequest: inChannel(deps.db, `${noun}.mirror:view`),
      schema: {
        operationId: `download_${noun}_mirror_dependencies`,
        tags: ['mirror'],
        summary: 'The whole report as a file, CSV or JSON',
        params,
        querystring: z.object({ format: z.enum(['csv', 'json']).default('csv') }),
        response: { 200: z.any().describe('text/csv or application/json'), ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const { format } = request.query;
        const { id, name } = await mirrorOf(deps, channelOf(request), request.params.id);
        const { lines } = await mirrorDependencies(deps, id);
        const fileName = `${name.replace(/[^A-Za-z0-9._-]/g, '_')}-dependencies.${format}`;
        return reply
          .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json')
          .header('Content-Disposition', `attachment; filename="${fileName}"`)
          .send(Buffer.from(format === 'csv' ? csvText(lines) : JSON.stringify(lines)));
      },
    });
  }
}

const columns = [
  'kind',
  'spec',
  'subdir',
  'status',
  'files',
  'versions',
  'newest',
  'reason',
  'rule',
  'scope',
  'refused',
  'needed_by',
  'example',
] as const satisfies readonly (keyof DependencyLine)[];

function csvText(lines: readonly DependencyLine[]): string {
  const rows = lines.map((line) => columns.map((column) => cell(line[column])));
  return [columns, ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}

/** Quoted where it must be; what a spreadsheet would take for a formula gets a quote mark in front. @see RFC 4180 */
function cell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
