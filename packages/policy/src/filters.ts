/** Filters of a channel: they hold for every layer of it. Wire names of product.md MI-03. */
export interface ChannelFilters {
  include_licenses?: string[];
  exclude_licenses?: string[];
  exclude_specs?: string[];
  include_specs?: string[];
}

/** Filters of one mirror. Dates are `YYYY-MM-DD`, both ends included, UTC. */
export interface MirrorFilters extends ChannelFilters {
  subdirs?: string[];
  only_specs?: string[];
  date_from?: string;
  date_to?: string;
}
