import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { IdentityError } from './errors.ts';
import { createSemaphore } from './semaphore.ts';

const derive = promisify(argon2);

/** OWASP's argon2id floor: 19 MiB, two passes, about 25 ms. Raise it here; older hashes keep saying what they were made with. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Each running hash takes its 19 MiB and a thread of the pool that files also need, so few run and the others wait. */
const running = createSemaphore(2);

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Hash a password with argon2id. Answers a PHC string with the parameters and the salt in it. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await digest(password, salt, COST, HASH_BYTES);
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${base64(salt)}$${base64(hash)}`;
}

/**
 * Whether the password is the one of this hash. Takes as long without a hash (an unknown or disabled account) as with one.
 *
 * @throws {IdentityError} `password_hash_form` when the hash is not one of ours.
 */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  if (hash === undefined) {
    await digest(password, Buffer.alloc(SALT_BYTES), COST, HASH_BYTES);
    return false;
  }
  const parts = PHC.exec(hash);
  if (parts === null) {
    throw new IdentityError('password_hash_form', 'A stored password hash is damaged; set the password anew.', {
      wanted: 'an argon2id PHC string',
    });
  }
  const [, memory, passes, parallelism, salt, wanted] = parts;
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const expected = Buffer.from(wanted!, 'base64');
  const actual = await digest(password, Buffer.from(salt!, 'base64'), cost, expected.length);
  return timingSafeEqual(actual, expected);
}

async function digest(password: string, nonce: Buffer, cost: typeof COST, tagLength: number): Promise<Buffer> {
  const message = password.normalize('NFC');
  return running(() => derive('argon2id', { message, nonce, tagLength, ...cost }));
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
