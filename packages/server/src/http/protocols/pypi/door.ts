import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pythonPart } from '@sluice/formats/package';
import {
  isProjectName,
  normaliseProjectName,
  readPythonFileName,
  type SimplePage,
  writeSimpleHtml,
  writeSimpleJson,
} from '@sluice/formats/pypi';
import { ServerError } from '../../../errors.ts';
import type { Answer } from '../answer.ts';
import { revalidated } from '../cache-control.ts';
import { type Place, placeName } from '../place.ts';
import type { RepoProtocol } from '../repo-protocol.ts';
import { sendAnswer } from '../send-answer.ts';
import { type SendFileDeps, sendFile, type WantedFile } from '../send-file.ts';
import { type AskDeps, type Asked, askFirst, askForFile } from './ask-first.ts';
import { type CompanionDeps, companionAnswer } from './companion-answer.ts';
import { type DerivedDeps, derivedHeaders } from './derived-past.ts';
import { type ListDeps, listAnswer } from './list-answer.ts';
import { type ProjectDeps, projectAnswer } from './project-answer.ts';
import { type ReceiveDeps, receiveUpload } from './receive-upload.ts';
import { type RefusedDeps, sendRefusedProject } from './refused-project.ts';
import { formOf, varyOfPage, type WantedForm } from './simple-form.ts';

/** What Python's door works with. All memories are flushed by `sluice_changed`. */
export interface PypiDoorDeps
  extends AskDeps,
    CompanionDeps,
    ListDeps,
    DerivedDeps,
    ProjectDeps,
    ReceiveDeps,
    RefusedDeps,
    SendFileDeps {}

/** Where tools upload: `legacy/` as on PyPI, and the addresses that people take for it. */
const uploadAddresses = new Set(['legacy', 'simple', 'pypi']);

/**
 * Python's protocols below a channel: `simple/`, `simple/<project>/`, files and what stands beside them at
 * `pypi/<project>/<file>[.metadata|.provenance]`, uploads at `legacy/`.
 *
 * @see PyPA "Simple repository API" (PEP 503, 658, 691, 740), "Legacy upload API"
 */
export function pypiDoor(deps: PypiDoorDeps): RepoProtocol {
  return {
    segments: ['simple', 'pypi', 'legacy'],
    derivesPast: true,
    uploads: (rest) => (uploadAddresses.has(rest) ? ['POST'] : []),
    async serve(place, { rest, slash }, request, response) {
      const [first, name, file, ...more] = rest.split('/') as [string, ...string[]];
      if (first === 'simple' && file === undefined) {
        if (name === undefined) return serveList(deps, place, slash, request, response);
        return serveProject(deps, place, { name, slash }, request, response);
      }
      if (first === 'pypi' && name !== undefined && file !== undefined && more.length === 0) {
        return serveFile(deps, place, { name, file }, request, response);
      }
      throw new ServerError(
        'file_missing',
        `Channel ${placeName(place)} has nothing at "${rest}". Its Python index is at simple/, uploads go to legacy/.`,
      );
    },
    receive: (place, _, request, response) => receiveUpload(deps, place, request, response),
  };
}

async function serveList(
  deps: PypiDoorDeps,
  place: Place,
  slash: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!slash) return redirect(place, 'simple/', request, response);
  const form = formOf(request);
  if (!place.at) await deps.askLists(place.channel.id);
  return sendAnswer(deps, request, response, await listAnswer(deps, place, form, request));
}

async function serveProject(
  deps: PypiDoorDeps,
  place: Place,
  { name, slash }: { name: string; slash: boolean },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!isProjectName(name)) throw unknownProject(place, name);
  const project = normaliseProjectName(name);
  // Relative, so that what stands before it in the path stays: a token, the publication, a proxy's own prefix.
  if (project !== name) return redirect(place, slash ? `../${project}/` : `${project}/`, request, response);
  if (!slash) return redirect(place, `${project}/`, request, response);
  const form = formOf(request);
  const asked = await askFirst(deps, place, project);
  const answer = await projectAnswer(deps, place, { project, form, headers: asked.headers }, request);
  if (answer) return sendAnswer(deps, request, response, answer);
  const derived = await deps.derivedPage(place, project);
  if (derived) return sendAnswer(deps, request, response, madeAnswer(place, derived, form, derivedHeaders));
  const quarantined = quarantinedPage(project, asked);
  if (quarantined) return sendAnswer(deps, request, response, madeAnswer(place, quarantined, form, asked.headers));
  if (await sendRefusedProject(deps, place, { project, asked }, request, response)) return;
  throw unknownProject(place, project);
}

async function serveFile(
  deps: PypiDoorDeps,
  place: Place,
  { name, file }: { name: string; file: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const project = normaliseProjectName(name);
  const [, fileName = file, kind] = /^(.*)\.(metadata|provenance)$/.exec(file) ?? [];
  if (!isProjectName(name) || !readPythonFileName(fileName, project)) {
    throw new ServerError('file_missing', `${file} is no file of a Python project ${name}.`);
  }
  const wanted = {
    part: pythonPart,
    file: `${project}/${fileName}`,
    contentType: 'application/octet-stream',
    shown: fileName,
  };
  await askForFile(deps, place, project, wanted.file);
  const from = await placeOfFile(deps, place, project, wanted);
  if (kind === undefined) return sendFile(deps, from, wanted, request, response);
  const beside = kind === 'metadata' ? 'metadata' : 'provenance';
  return sendAnswer(deps, request, response, await companionAnswer(deps, from, wanted, beside));
}

/** A file that a derived page of the past lists is that of the head. */
async function placeOfFile(
  deps: PypiDoorDeps,
  place: Place,
  project: string,
  { part, file, shown }: Pick<WantedFile, 'part' | 'file' | 'shown'>,
): Promise<Place> {
  if (!place.at) return place;
  const { status } = await deps.judge(place.channel.id, place.at.no, part, file);
  if (status !== 'absent' && status !== 'unlisted') return place;
  const derived = await deps.derivedPage(place, project);
  return derived?.files.some(({ filename }) => filename === shown) ? { ...place, at: undefined } : place;
}

/** A project in quarantine offers no files, and says so. @see PEP 792 */
function quarantinedPage(name: string, { mirrors }: Asked): SimplePage | undefined {
  const meta = mirrors.find(({ known }) => known?.meta.status === 'quarantined')?.known?.meta;
  const reason = meta?.status_reason;
  const statusReason = typeof reason === 'string' ? reason : undefined;
  return meta && { name, status: 'quarantined', statusReason, files: [], passedOver: 0, lastSerial: undefined };
}

/** An answer with a page that no publication has. */
function madeAnswer(
  place: Place,
  page: SimplePage,
  { form, contentType }: WantedForm,
  headers: readonly string[],
): Answer {
  const { name = '', files, status, statusReason } = page;
  const text = form === 'html' ? writeSimpleHtml(page) : writeSimpleJson({ name, files, status, statusReason });
  const bytes = Buffer.from(text);
  const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}-made"`;
  const cacheControl = revalidated(place.channel);
  return { contentType, cacheControl, vary: varyOfPage(place), headers, etag, body: { kind: 'bytes', bytes } };
}

function redirect(place: Place, to: string, request: IncomingMessage, response: ServerResponse): void {
  const query = /\?.*$/.exec(request.url ?? '')?.[0] ?? '';
  const vary = place.vary === undefined ? {} : { Vary: place.vary };
  response.writeHead(301, { Location: to + query, 'Cache-Control': 'no-cache', 'Content-Length': '0', ...vary }).end();
}

function unknownProject(place: Place, name: string): ServerError {
  return new ServerError('file_missing', `Channel ${placeName(place)} has no Python project ${name.slice(0, 100)}.`);
}
