import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ServerError } from '../../../errors.ts';
import type { Followers } from './followers.ts';

/** What is streamed: whole states, so whoever comes back misses nothing. */
interface Stream<T> {
  id: string;
  /** As it is now. */
  first: T;
  followers: Followers<T>;
  /** As JSON; what reads the same is not sent again. */
  view: (now: T) => object;
  isOver: (now: T) => boolean;
}

const heartbeat_ms = 15_000;
/** Then the client comes back, and is asked again who it is. */
const longest_ms = 10 * 60_000;
/** A client that does not read is let go. */
const mostUnread_bytes = 256 * 1024;

/**
 * Answer with server-sent events: `progress` for each new state, `end` for the last one. The id of an event is a digest of its
 * data: with `Last-Event-ID` a known state is not sent again, and who has seen the end gets 204, which ends an `EventSource`.
 *
 * @throws {ServerError} `unavailable` when too many listen already.
 * @see HTML Living Standard, 9.2 Server-sent events
 */
export function streamStates<T>(request: FastifyRequest, reply: FastifyReply, stream: Stream<T>): void {
  const { raw } = reply;
  let last = request.headers['last-event-id'];
  const event = (now: T) => {
    const data = JSON.stringify(stream.view(now));
    return { data, id: createHash('sha256').update(data).digest('hex').slice(0, 16), over: stream.isOver(now) };
  };
  const first = event(stream.first);
  if (first.over && first.id === last) return void reply.status(204).send();

  const tell = (now: T | undefined) => {
    if (now === undefined) return end();
    const { data, id, over } = event(now);
    if (id !== last) raw.write(`event: ${over ? 'end' : 'progress'}\nid: ${id}\ndata: ${data}\n\n`);
    last = id;
    if (over) end();
    else if (raw.writableLength > mostUnread_bytes) raw.destroy();
  };
  const leave = stream.followers.follow(stream.id, tell);
  if (!leave) {
    throw new ServerError('unavailable', 'Too many listen to runs of mirrors already; ask for the mirror itself.', {
      retry_after_s: 30,
    });
  }
  const heartbeat = setInterval(() => raw.write(': \n\n'), heartbeat_ms);
  const oldAge = setTimeout(() => end(), longest_ms);
  const forget = stream.followers.onClose(() => end());
  const clean = () => {
    leave();
    forget();
    clearInterval(heartbeat);
    clearTimeout(oldAge);
  };
  function end(): void {
    clean();
    raw.end();
  }
  raw.once('close', clean);
  reply.hijack();
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'Content-Type': 'text/event-stream; charset=utf-8',
    // nginx would gather what should go out at once.
    'X-Accel-Buffering': 'no',
  });
  raw.write('retry: 2000\n\n');
  tell(stream.first);
}
