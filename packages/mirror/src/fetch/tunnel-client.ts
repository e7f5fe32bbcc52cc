import { type Dispatcher, Pool } from 'undici';
import { proxyError } from './answer-error.ts';

/**
 * The client with which undici asks a proxy for tunnels. What the proxy refuses is an error of ours; undici itself only says that it
 * gave up.
 */
export function tunnelClient(origin: URL, options: object): Dispatcher {
  const pool = new Pool(origin, options);
  const connect = pool.connect.bind(pool) as (wish: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData>;
  const refusing = async (wish: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> => {
    const answer = await connect(wish);
    if (answer.statusCode === 200) return answer;
    answer.socket.on('error', () => {}).destroy();
    throw proxyError(answer.statusCode, wish.path);
  };
  return Object.assign(pool, { connect: refusing });
}
