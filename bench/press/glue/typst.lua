-- What Typst would stop at in Markdown that was not written for it: links to
-- places that are not there or there twice, pictures in formats and places
-- that it does not read, and raw HTML (pandoc leaves that out by itself).

function Link(link)
  if link.target:sub(1, 1) == "#" then
    return link.content
  end
end

function Image(image)
  return image.caption
end

local function without_name(element)
  element.identifier = ""
  return element
end

Header, Span, Div, CodeBlock, Code = without_name, without_name, without_name, without_name, without_name

function Figure(figure)
  return figure.content
end
