-- For wrk: ask for the paths given behind `--` in turn, each with the ETag given behind a blank, if there is one.
local requests, at = {}, 0

function init(arguments)
  for i = 1, #arguments do
    local path, tag = arguments[i]:match("^(%S+) ?(%S*)$")
    local headers = {}
    for name, value in pairs(wrk.headers) do headers[name] = value end
    if tag ~= "" then headers["If-None-Match"] = tag end
    requests[i] = wrk.format("GET", path, headers)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
