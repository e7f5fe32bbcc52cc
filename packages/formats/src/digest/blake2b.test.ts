import { expect, test } from 'vitest';
import { createBlake2b256 } from './index.ts';

/** Digests by Python's hashlib of so many bytes, the i-th being 31 i + 7. */
const vectors: [bytes: number, digest: string][] = [
  [0, '0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8'],
  [1, '873e4fe9e41e924911bba3ec53ff4782efc8c0f244fb75c879f8a4328d0142ca'],
  [3, 'c6e841ce4b815c8b14b50c3b354f69115702a4afd19fb1a6aa4dae0d86859bda'],
  [127, 'cb805dad055a842f1092d84639d7fe552ac7189003dc8d2fc4606d01921b8962'],
  [128, '82783c69cecd49386e8825c6b20f3b41a43b4c9e3a21b627d88bf025046e4c72'],
  [129, 'b71e24c47c2d5cc68a99732abb05b9f80f2ecdd7744e9d111f453bb26f917e69'],
  [255, '32cba498e2237b85636e2692130d7422e9e9fa89c3b3180eb9b4f05c94d77620'],
  [256, '39041a8098f94c795b569a413ef8f0477df2ee6c974e77c065ca884b008f6b3d'],
  [1000, '5d0119acc3b3fb1d1e878b458ef4140eee7d2ecaec6cdbe8a095b6c2da4b06b7'],
  [100000, 'c0cfb6cd66d9df4101f66173c82ba9bd00d193abe22e97d11f10b373932c9368'],
];

test.each(vectors)('BLAKE2b-256 of %i bytes is that of Python, in whatever pieces they come', (length, digest) => {
  const bytes = Uint8Array.from({ length }, (_, i) => i * 31 + 7);
  for (const piece of [1000, 128, 77]) {
    const hash = createBlake2b256();
    for (let at = 0; at < length; at += piece) hash.update(bytes.subarray(at, at + piece));
    expect(hash.digest()).toBe(digest);
  }
});
