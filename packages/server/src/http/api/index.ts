import type { App } from '../app.ts';
import { type AccountDeps, registerAccount } from './account/routes.ts';
import { type ArtifactDeps, registerArtifact } from './artifact/routes.ts';
import { registerBundleImport } from './bundle/import-routes.ts';
import { type BundleRouteDeps, registerBundle } from './bundle/routes.ts';
import { registerBundleSchedule } from './bundle/schedule-routes.ts';
import { type ChangeRouteDeps, registerChange } from './change/routes.ts';
import { type ChannelDeps, registerChannel } from './channel/routes.ts';
import { type ChannelLayerDeps, registerChannelLayer } from './channel-layer/routes.ts';
import { registerClosure } from './closure/routes.ts';
import { registerConflict } from './conflict/routes.ts';
import { registerEvent } from './event/routes.ts';
import { type MaintenanceRouteDeps, registerMaintenance } from './maintenance/routes.ts';
import { registerDependencies } from './mirror/dependency-routes.ts';
import { type MirrorRouteDeps, registerMirror } from './mirror/routes.ts';
import { type NoticeDeps, registerNotice } from './notice/routes.ts';
import { type PatchDeps, registerPatch } from './patch/routes.ts';
import { type PublicationRouteDeps, registerPublication } from './publication/routes.ts';
import { type ReservedNameDeps, registerReservedName } from './reserved-name/routes.ts';
import { registerSession, type SessionDeps } from './session/routes.ts';
import { registerSetting, type SettingDeps } from './setting/routes.ts';
import { registerToken, type TokenDeps } from './token/routes.ts';

/** What the routes need together. */
export type ApiDeps = SessionDeps &
  AccountDeps &
  SettingDeps &
  TokenDeps &
  ChannelDeps &
  ChannelLayerDeps &
  ReservedNameDeps &
  NoticeDeps &
  PatchDeps &
  ArtifactDeps &
  ChangeRouteDeps &
  PublicationRouteDeps &
  MaintenanceRouteDeps &
  MirrorRouteDeps &
  BundleRouteDeps;

/** Register the management API: one line per noun. */
export function registerApi(app: App, deps: ApiDeps): void {
  registerSession(app, deps);
  registerAccount(app, deps);
  registerToken(app, deps);
  registerChannel(app, deps);
  registerChannelLayer(app, deps);
  registerArtifact(app, deps);
  registerNotice(app, deps);
  registerPatch(app, deps);
  registerEvent(app, deps);
  registerChange(app, deps);
  registerPublication(app, deps);
  registerMirror(app, deps);
  registerDependencies(app, deps.mirroring);
  registerClosure(app, deps.mirroring);
  registerConflict(app, deps);
  registerBundle(app, deps);
  registerBundleImport(app, deps);
  registerBundleSchedule(app, deps);
  registerSetting(app, deps);
  registerReservedName(app, deps);
  registerMaintenance(app, deps);
}
