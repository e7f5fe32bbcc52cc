import type { IncomingMessage } from 'node:http';
import { negotiateSimple, type SimpleForm, simpleContentType } from '@sluice/formats/pypi';
import { ServerError } from '../../../errors.ts';
import type { Place } from '../place.ts';

/** The form in which a client is answered, and how that is called. */
export interface WantedForm {
  form: SimpleForm;
  contentType: string;
}

/**
 * The form of a simple page that a client wants, by `?format=` or its header `Accept`.
 *
 * @throws {ServerError} `not_acceptable` when it takes neither.
 * @see PEP 691
 */
export function formOf(request: IncomingMessage): WantedForm {
  const { accept } = request.headers;
  const format = new URLSearchParams(/\?(.*)$/.exec(request.url ?? '')?.[1] ?? '').get('format') ?? undefined;
  const form = negotiateSimple(accept, format);
  if (form !== undefined) return { form, contentType: simpleContentType(form, format ?? accept) };
  throw new ServerError(
    'not_acceptable',
    'This index speaks application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html and text/html; the request takes none of them.',
    { wanted: 'application/vnd.pypi.simple.v1+json', found: (format ?? accept ?? '').slice(0, 200) },
  );
}

/** The request headers a simple page depends on, with those of the credential. */
export function varyOfPage({ vary }: Place): string {
  return vary === undefined ? 'Accept, Accept-Encoding' : `Accept, Accept-Encoding, ${vary}`;
}
