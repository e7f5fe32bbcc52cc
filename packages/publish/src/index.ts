export { emptyDocument } from './conda/documents.ts';
export type { PublishDeps } from './deps.ts';
export { type FileAnswer, findFile, type ServedFile, type WantedFile } from './find-file.ts';
export { type HeadShard, headShards } from './head-shards.ts';
export { knownNoarch } from './known-noarch.ts';
export { type RuledLayer, ruledLayers } from './layers.ts';
export { type PublishOutcome, publishChannel } from './publish-channel.ts';
