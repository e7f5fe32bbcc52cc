export { readPackageShard, readPackageShardFields, type ShardFile } from './package-shard.ts';
export {
  cranPart,
  cranPath,
  cranSourcePart,
  fileNameOf,
  fileRange,
  filesPart,
  type PackageFamily,
  type PackageType,
  packageFamily,
  packageNameOf,
  packageTypeOf,
  pythonPart,
} from './package-type.ts';
export { changedShardSum, noShards, readShardSum, type ShardSum, writeShardSum } from './shard-sum.ts';
