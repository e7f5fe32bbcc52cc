import type { Db } from '@sluice/catalog';
import { editSettings, systemSettings } from '@sluice/registry';
import type { App } from '../../app.ts';
import { administrator, needs } from '../../authorize.ts';
import { problems } from '../../problem-schema.ts';
import { SettingsBody, SettingsView } from './schema.ts';

/** What the routes of settings need. */
export interface SettingDeps {
  db: Db;
  now: () => Date;
}

/** `GET` and `PUT /api/system/settings`: what holds for the whole installation. */
export function registerSetting(app: App, deps: SettingDeps): void {
  const url = '/api/system/settings';
  const onRequest = needs(administrator);

  app.route({
    method: 'GET',
    url,
    onRequest,
    schema: {
      operationId: 'get_settings',
      tags: ['system'],
      summary: 'The settings of the installation',
      response: { 200: SettingsView, ...problems(401, 403) },
    },
    handler: () => systemSettings(deps.db),
  });

  app.route({
    method: 'PUT',
    url,
    onRequest,
    schema: {
      operationId: 'update_settings',
      tags: ['system'],
      summary: 'Change the settings of the installation',
      body: SettingsBody,
      response: { 200: SettingsView, ...problems(400, 401, 403) },
    },
    handler: (request) => editSettings(deps, request.body, administrator(request.principal)),
  });
}
