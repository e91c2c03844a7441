-- Browsers of many addresses, most of them in a run: wrk -s load.lua URL -- COOKIES SHARE. SHARE is how many of 100 requests have a cookie.
local cookies = {}
local share = 90

function init(args)
  math.randomseed(os.time())
  for line in io.lines(args[1] or "cookies.txt") do cookies[#cookies + 1] = line end
  share = tonumber(args[2] or "90")
end

function request()
  local i = math.random(#cookies)
  local headers = {
    ["Content-Type"] = "text/plain;charset=UTF-8",
    ["Sec-Fetch-Site"] = "same-origin",
    ["X-Real-IP"] = string.format("%d.%d.%d.%d", math.random(1, 223), math.random(0, 255), math.random(0, 255), math.random(1, 254)),
  }
  if math.random(100) <= share then headers["Cookie"] = cookies[i] end
  local body = string.format('{"v":1,"page":"%016x%016x","first":0,"events":[{"kind":"form","name":"address","ago":0,"took":%d}]}', math.random(2^31), math.random(2^31), i)
  return wrk.format("POST", nil, headers, body)
end
