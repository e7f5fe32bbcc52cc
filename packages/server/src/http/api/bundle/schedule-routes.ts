import type { Db } from '@sluice/catalog';
import type { Principal, SignedIn } from '@sluice/identity';
import { type BundleDeps, bundleSchedules, createBundleSchedule, removeBundleSchedule } from '@sluice/mirror';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { mustHold, needs, signedIn } from '../../authorize.ts';
import { problems } from '../../problem-schema.ts';
import { BundleScheduleBody, BundleScheduleView } from './schema.ts';
import { scheduleView } from './view.ts';

/** Bundles that are made by the clock: an administrator's, since what they carry is asked of nobody again. */
export function registerBundleSchedule(app: App, { bundling }: { db: Db; bundling: BundleDeps }): void {
  const onRequest = needs(manager);

  app.route({
    method: 'GET',
    url: '/api/bundle-schedules',
    onRequest,
    schema: {
      operationId: 'list_bundle_schedules',
      tags: ['bundle'],
      summary: 'What bundles are made by the clock',
      response: { 200: z.object({ items: z.array(BundleScheduleView) }), ...problems(401, 403) },
    },
    handler: async () => ({ items: (await bundleSchedules(bundling)).map(scheduleView) }),
  });

  app.route({
    method: 'POST',
    url: '/api/bundle-schedules',
    onRequest,
    schema: {
      operationId: 'create_bundle_schedule',
      tags: ['bundle'],
      summary: 'Have bundles made by the clock; a time missed while the server was down is made up once',
      body: BundleScheduleBody,
      response: { 201: BundleScheduleView, ...problems(400, 401, 403, 409) },
    },
    handler: async ({ principal, body }, reply) =>
      reply.status(201).send(scheduleView(await createBundleSchedule(bundling, body, manager(principal).name))),
  });

  app.route({
    method: 'DELETE',
    url: '/api/bundle-schedules/:id',
    onRequest,
    schema: {
      operationId: 'delete_bundle_schedule',
      tags: ['bundle'],
      summary: 'Make no more of them; those that were made stay',
      params: z.object({ id: z.uuid() }),
      response: { 204: z.null(), ...problems(400, 401, 403, 404) },
    },
    handler: async ({ principal, params }, reply) => {
      await removeBundleSchedule(bundling, params.id, manager(principal).name);
      return reply.status(204).send(null);
    },
  });
}

function manager(principal: Principal): SignedIn {
  mustHold(principal, 'bundle:manage');
  return signedIn(principal);
}
