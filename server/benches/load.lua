-- For wrk: posts one line of the file named in the arguments a request, and counts what was not accepted.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  lines = io.open(args[1])
  headers = { ["content-type"] = args[2] }
  refused, out_of_lines = 0, 0
end

function request()
  local line = lines:read("*l")
  if not line then
    out_of_lines = 1
    wrk.thread:stop()
    line = ""
  end
  return wrk.format("POST", nil, headers, line)
end

function response(_, _, body)
  if not body:find('"success":true', 1, true) then
    refused = refused + 1
  end
end

function done(summary, latency)
  local refused, out_of_lines = 0, 0
  for _, thread in ipairs(threads) do
    refused = refused + thread:get("refused")
    out_of_lines = out_of_lines + thread:get("out_of_lines")
  end
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), refused, errors, out_of_lines))
end
