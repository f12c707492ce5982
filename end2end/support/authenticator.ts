// An authenticator app: codes of RFC 6238, six digits every 30 seconds.
import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const PERIOD = 30_000;
/** How long a code has to count on, so that none ends between being read and being typed. */
const LEFT = 12_000;

function bytes(secret: string): Buffer {
  const bits = [...secret.replaceAll(' ', '')].map(letter => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)));
}

/** The code of now, or of so many steps later. */
export async function code(secret: string, later = 0): Promise<string> {
  const left = PERIOD - (Date.now() % PERIOD);
  if (left < LEFT) await pause(left);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / PERIOD) + later));
  const hash = createHmac('sha1', bytes(secret)).update(counter).digest();
  const offset = hash[hash.length - 1]! & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
