-- Runs the jobs of one JSON file in one pandoc process: a start costs 40-70 ms.
-- A job reads or writes one document; a failing job says so and the others go on.
local listing = pandoc.json.decode(io.open(arg[1], 'rb'):read('a'), false)

-- pandoc's command line knows more abbreviations ("al. 2023" keeps together) than its Lua reader does by itself.
local abbreviations = {}
for _, word in ipairs(listing.abbreviations) do abbreviations[word] = true end

local function slurp(path)
  local file = assert(io.open(path, 'rb'))
  local text = file:read('a')
  file:close()
  return text
end

local function spill(path, text)
  local file = assert(io.open(path, 'wb'))
  file:write(text)
  assert(file:close())
end

local verbs = {}

-- With a list of the files it may read, an empty one, a reader runs in pandoc's sandbox: what an RST `include`, a LaTeX
-- `\input` or an HTML frame names is neither opened nor fetched.
local no_files = {}

function verbs.read(job)
  local options = {abbreviations = abbreviations}
  if job.columns then options.columns = job.columns end
  local doc = pandoc.read(slurp(job.input), job.format, options, no_files)
  spill(job.output, pandoc.write(doc, 'json'))
end

function verbs.write(job)
  local doc = pandoc.read(slurp(job.input), 'json')
  local options = pandoc.WriterOptions(job.options or {})
  spill(job.output, pandoc.write(doc, job.format, options))
end

-- In the sandbox pandoc sees no LANG, which tells it a bibliography's language. Its reader of BibLaTeX needs no sandbox:
-- it reads LaTeX as a pure function, where `\input` finds no file.
function verbs.read_biblatex(job)
  spill(job.output, pandoc.write(pandoc.read(slurp(job.input), 'biblatex'), 'json'))
end

function verbs.cite(job)
  local doc = pandoc.read(slurp(job.input), 'json')
  spill(job.output, pandoc.write(pandoc.utils.citeproc(doc), 'json'))
end

-- What the reader says of a text: notes that nothing calls, for instance, which are in no document.
function verbs.complain(job)
  local found = {}
  if pandoc.log and pandoc.log.silence then
    local messages = pandoc.log.silence(
      pandoc.read, slurp(job.input), job.format, {abbreviations = abbreviations}, no_files)
    for index, message in ipairs(messages) do found[index] = pandoc.json.encode(message) end
  end
  spill(job.output, '[' .. table.concat(found, ',') .. ']')
end

local results = {}
for index, job in ipairs(listing.jobs) do
  local done, problem = pcall(verbs[job.verb], job)
  if done then
    results[index] = {ok = true}
  else
    results[index] = {ok = false, message = tostring(problem)}
  end
end
io.stdout:write(pandoc.json.encode(results))
