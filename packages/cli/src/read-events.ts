/** One event of a stream, as `EventSource` would give it. */
export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

/** Read server-sent events. Comments are left out; what breaks off in the middle of an event is not given. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const found: ServerEvent = { id: '', event: 'message', data: '' };
      for (const line of block.split('\n')) {
        const [, name, value] = /^(id|event|data): ?(.*)$/.exec(line) ?? [];
        if (name) found[name as keyof ServerEvent] = value!;
      }
      if (found.data !== '') yield found;
    }
  }
}
