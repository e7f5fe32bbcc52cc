import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { App } from './app.ts';

const about = `The management API of Sluice. Sign in with \`POST /api/auth/login\`, or send a token.

Every refusal is \`application/problem+json\` with a \`code\` for programs and a \`detail\` for people. Lists take \`limit\` and
\`offset\` and answer \`items\` and \`total_count\`.`;

/** Describe the routes at `/swagger/json` and show them at `/swagger/ui`. Register before the routes. */
export async function registerOpenApi(app: App): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Sluice', description: about, version: '1' },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A session from the login, or a token.' },
          token: { type: 'apiKey', in: 'header', name: 'X-Auth', description: 'A token.' },
          basic: { type: 'http', scheme: 'basic', description: 'Name and password, or __token__ and a token.' },
        },
      },
      security: [{ bearer: [] }, { token: [] }, { basic: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withoutUnused(jsonSchemaTransformObject(document)),
  });
  await app.register(fastifySwaggerUi, {
    routePrefix: '/swagger/ui',
    uiConfig: { url: '/swagger/json', docExpansion: 'list', deepLinking: true },
    staticCSP: true,
  });
  app.route({
    method: 'GET',
    url: '/swagger/json',
    schema: { hide: true, response: { 200: z.record(z.string(), z.unknown()) } },
    handler: async () => app.swagger() as unknown as Record<string, unknown>,
  });
}

/** The library describes every schema as input and as output; the half that no route refers to goes. */
function withoutUnused<D extends object>(document: D): D {
  const { components } = document as { components?: { schemas?: Record<string, unknown> } };
  const schemas = components?.schemas ?? {};
  for (let dropped = true; dropped; ) {
    const text = JSON.stringify(document);
    const unused = Object.keys(schemas).filter((name) => !text.includes(`"#/components/schemas/${name}"`));
    for (const name of unused) delete schemas[name];
    dropped = unused.length > 0;
  }
  return document;
}
