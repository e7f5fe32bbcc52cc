import { z } from 'zod';

export const LoginBody = z.object({
  username: z.string().max(200),
  password: z.string().max(1024),
});

export const LoginView = z
  .object({
    token: z.string().describe('A JWT; send it as Authorization: Bearer.'),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'Login' });
