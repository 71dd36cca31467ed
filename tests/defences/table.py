"""Each defence of docs/security.md and docs/faults.md: where it stands, how it is taken out, which tests miss it.

A replacement is the least change that takes one defence out and leaves the
rest as it is. Where another one behind it would hold, the tests look at the
layer alone (tests/security/test_alone.py, tests/faults/test_alone.py), and
`behind` says which that is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Defence:
    """One defence that can be taken out."""

    name: str
    module: str  # path of a file, from the root of this project
    there: str  # what stands in it, once
    instead: str  # what stands there when the defence is gone
    tests: tuple[str, ...]  # words for pytest: files, ids, and "-k" with an expression; one of these must fail
    behind: str = ""  # what holds for readers all the same


_SECURITY, _FAULTS = "tests/security", "tests/faults"
_ALONE, _FAULTS_ALONE = f"{_SECURITY}/test_alone.py", f"{_FAULTS}/test_alone.py"
_DRAWINGS = f"{_SECURITY}/test_pictures.py::test_each_drawing_by_itself_is_published_without_what_is_wrong_in_it"
_TEMPLATES = f"{_ALONE}::test_a_template_that_reaches_out_is_named_and_gives_nothing"
_PANDOCS = f"{_FAULTS_ALONE}::test_a_pandoc_that_does_not_do_has_its_words"
_GIT = f"{_ALONE}::test_no_command_of_git_runs_what_the_repository_names"
_YAML = f"{_SECURITY}/test_yaml.py::test_no_yaml_multiplies"
_SNAPSHOT = "tests/history/test_snapshot.py"
_MANIFESTS = "tests/series/test_manifests.py::test_a_wrong_manifest_says_where_what_and_what_to_do"

_SECURITY_DEFENCES = (
    # ---- HTML --------------------------------------------------------------
    Defence(
        name="filter of raw nodes",
        module="millesime/render/sanitise.py",
        there='    return "".join(parser.out)',
        instead="    return html",
        tests=(f"{_ALONE}::test_the_filter_of_raw_nodes_lets_no_element_through_that_runs_or_fetches",),
        behind="the sieve",
    ),
    Defence(
        name="sieve",
        module="millesime/render/sanitise.py",
        there="cleaned = _CLEANER.clean(replace_forbidden(html))",
        instead="cleaned = replace_forbidden(html)",
        tests=(f"{_ALONE}::test_the_sieve_alone_leaves_nothing_that_runs_submits_or_leads_away", "-k", "alert or form"),
        behind="the filter of raw nodes, for what a source wrote as HTML",
    ),
    Defence(
        name="addresses in the sieve",
        module="millesime/render/sanitise.py",
        there='url_schemes={"http", "https", "mailto"}',
        instead='url_schemes={"http", "https", "mailto", "javascript", "data", "file", "vbscript"}',
        tests=(f"{_ALONE}::test_the_sieve_alone_leaves_nothing_that_runs_submits_or_leads_away", "-k", "href"),
        behind="addresses in assembly, addresses in fragments",
    ),
    Defence(
        name="depth of fragments",
        module="millesime/render/sanitise.py",
        there="if len(self._open) > MAX_DEPTH and tag not in VOID:",
        instead="if False:",
        tests=("tests/render/test_fragments.py::test_deep_nesting_is_cut_and_keeps_its_text",),
    ),
    Defence(
        name="depth of fragments that are XML",
        module="millesime/render/sanitise.py",
        there="return None if _IS_DEEP(root) else root",
        instead="return root",
        tests=("tests/render/test_fragments.py::test_deep_nesting_is_cut_and_keeps_its_text",),
    ),
    Defence(
        name="addresses in assembly",
        module="millesime/assembly/references.py",
        there="if scheme and scheme.group(1).lower() in SAFE_SCHEMES:",
        instead="if scheme:",
        tests=(f"{_SECURITY}/test_raw_html.py::test_no_format_runs_fetches_or_leads_to_what_it_must_not",),
        behind="addresses in fragments, but for Word files",
    ),
    Defence(
        name="addresses in fragments",
        module="millesime/render/links.py",
        there='if parts.scheme not in ("http", "https") or not port_is_number',
        instead="if not port_is_number",
        tests=("tests/render/test_fragments.py::test_a_link_that_leads_nowhere_keeps_its_text_alone",),
        behind="addresses in assembly, addresses in the sieve",
    ),
    Defence(
        name="autoescaping",
        module="millesime/render/theme.py",
        there="autoescape=True",
        instead="autoescape=False",
        tests=(f"{_ALONE}::test_what_a_template_is_given_is_text",),
    ),
    # ---- places to write ----------------------------------------------------
    Defence(
        name="links out of the report",
        module="millesime/beside.py",
        there='        if not target.is_relative_to(real) or ".git" in target.relative_to(real).parts:',
        instead="        if False:",
        tests=(f"{_SECURITY}/test_links_out.py::test_nothing_is_written_through_a_link_that_leads_out",),
    ),
    Defence(
        name="links in a site's tree",
        module="millesime/distribution/tree.py",
        there="            if (folder / above).is_symlink() and above != Path():",
        instead="            if False:",
        tests=(f"{_SECURITY}/test_links_out.py::test_a_tree_is_not_replaced_through_a_link_in_it",),
    ),
    Defence(
        name="cache that git tracks",
        module="millesime/press/cache/place.py",
        there="    if holds_something and (tracked := _tracked_file(folder)):",
        instead='    if tracked := "":',
        tests=(f"{_SECURITY}/test_cache.py::test_a_cache_that_git_tracks_is_refused_and_nothing_of_it_runs",),
    ),
    # ---- SVG and pictures --------------------------------------------------
    Defence(
        name="svg elements",
        module="millesime/render/images.py",
        there="elif name.localname in _SVG_DROPPED and not _is_inline_image(element):",
        instead="elif False:",
        tests=(_DRAWINGS, "-k", "script or foreign or animated"),
    ),
    Defence(
        name="svg links",
        module="millesime/render/images.py",
        there="""            for link in ("href", _XLINK, "target"):
                element.attrib.pop(link, None)
""",
        instead="            continue\n",
        tests=(_DRAWINGS, "-k", "link"),
    ),
    Defence(
        name="svg handlers",
        module="millesime/render/images.py",
        there='if local.lower().startswith("on") or ":" in local:',
        instead='if ":" in local:',
        tests=(_DRAWINGS, "-k", "handler"),
    ),
    Defence(
        name="svg references",
        module="millesime/render/images.py",
        there='if not value.startswith("#") and not _is_inline_image(element):',
        instead="if False:",
        tests=(_DRAWINGS, "-k", "remote"),
    ),
    Defence(
        name="svg url() in attributes",
        module="millesime/render/images.py",
        there='elif "url" in value.lower() or local == "style":',
        instead="elif False:",
        tests=(_DRAWINGS, "-k", "style"),
    ),
    Defence(
        name="svg sheets",
        module="millesime/render/images.py",
        there='element.text = _safe_css(element.text or "")',
        instead="pass",
        tests=(_DRAWINGS, "-k", "style"),
    ),
    Defence(
        name="svg escapes in sheets",
        module="millesime/render/images.py",
        there='if "\\\\" in css:',
        instead="if False:",
        tests=(f"{_SECURITY}/test_pictures.py::test_a_sheet_of_a_drawing_that_spells_in_escapes_is_left_out",),
    ),
    Defence(
        name="svg entities from outside",
        module="millesime/render/images.py",
        there='resolve_entities="internal",',
        instead="resolve_entities=True,",
        tests=(_DRAWINGS, "-k", "entity"),
    ),
    Defence(
        name="svg prefixes",
        module="millesime/render/images.py",
        there='if ":" in element.tag.rpartition("}")[2]:',
        instead="if False:",
        tests=(_DRAWINGS, "-k", "prefix"),
    ),
    Defence(
        name="what is no drawing",
        module="millesime/render/images.py",
        there='if root is None or root.tag not in ("svg", f"{{{_SVG}}}svg"):',
        instead="if root is None:",
        tests=(_DRAWINGS, "-k", "no-drawing"),
    ),
    Defence(
        name="svg that multiplies",
        module="millesime/render/images.py",
        there="if _unfolded(root) > _MAXIMUM_UNFOLDED:",
        instead="if False:",
        tests=(f"{_SECURITY}/test_pictures.py::test_a_drawing_that_multiplies_is_published_without_what_it_repeats",),
    ),
    Defence(
        name="pixels",
        module="millesime/assembly/images.py",
        there="return width * height > limits.picture_pixels",
        instead="return False",
        tests=(f"{_SECURITY}/test_pictures.py::test_a_picture_that_unpacks_to_gigabytes_is_named_and_not_unpacked",),
    ),
    # ---- paths -------------------------------------------------------------
    Defence(
        name="pictures above the report",
        module="millesime/assembly/images.py",
        there='return None if key.startswith("../") or key in ("..", ".") else key',
        instead="return key",
        tests=(f"{_ALONE}::test_an_address_out_of_the_report_is_the_key_of_no_picture",),
        behind="paths out of a snapshot",
    ),
    Defence(
        name="pictures by address",
        module="millesime/assembly/images.py",
        there='if re.match(r"^[A-Za-z][A-Za-z0-9+.-]*:|^//", target):',
        instead="if False:",
        tests=(f"{_ALONE}::test_an_address_out_of_the_report_is_the_key_of_no_picture",),
        behind="a snapshot holds no such name",
    ),
    Defence(
        name="paths in manifests",
        module="millesime/series/values.py",
        there='if ".." in parts:',
        instead="if False:",
        tests=(_MANIFESTS, "-k", "path-out-of-the-report"),
        behind="paths out of a snapshot",
    ),
    Defence(
        name="paths out of a snapshot",
        module="millesime/history/snapshot.py",
        there="""    if not path or "\\0" in path or path.startswith("/") or ".." in parts or ".git" in parts:""",
        instead="    if not path:",
        tests=(f"{_SNAPSHOT}::test_a_path_out_of_the_report_is_refused",),
        behind="a snapshot reads the names that it lists, and no others",
    ),
    Defence(
        name="links out of a snapshot",
        module="millesime/history/snapshot.py",
        there='if target.startswith("/") or name == ".." or name.startswith("../"):',
        instead="if False:",
        tests=(f"{_SNAPSHOT}::test_links_out_of_the_report_are_refused",),
        behind="a snapshot reads the names that it lists, and no others",
    ),
    Defence(
        name="submodules",
        module="millesime/history/snapshot.py",
        there="        if file.mode == SUBMODULE:\n",
        instead="        if False:\n",
        tests=(f"{_SNAPSHOT}::test_a_submodule_is_named",),
        behind="an object that the repository does not have",
    ),
    Defence(
        name="folders that became links",
        module="millesime/history/worktree.py",
        there="self._read(path) if self._is_inside(posixpath.dirname(path), inside) else None",
        instead="self._read(path)",
        tests=(f"{_ALONE}::test_what_became_a_link_after_it_was_listed_is_not_read", "-k", "folder"),
    ),
    Defence(
        name="files that became links",
        module="millesime/history/worktree.py",
        there="os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK",
        instead="os.O_RDONLY | os.O_NONBLOCK",
        tests=(f"{_ALONE}::test_what_became_a_link_after_it_was_listed_is_not_read", "-k", "file"),
    ),
    Defence(
        name="pipes in the working tree",
        module="millesime/history/worktree.py",
        there="return _FILE if stat.S_ISREG(mode) else None",
        instead="return _FILE",
        tests=(f"{_ALONE}::test_a_pipe_is_no_file_of_a_report",),
        behind="no file is read that is not a regular one",
    ),
    Defence(
        name="links in folders that are compared",
        module="millesime/history/folder.py",
        there="        return LINK\n",
        instead='        return "100644"\n',
        tests=(f"{_ALONE}::test_a_link_in_a_folder_that_is_compared_is_known_as_one",),
        behind="files that became links",
    ),
    Defence(
        name="modules in the report's folder",
        module="millesime/press/workers.py",
        there='        os.environ[_SAFE_PATH] = "1"\n',
        instead="",
        tests=(f"{_SECURITY}/test_modules.py",),
    ),
    # ---- pandoc ------------------------------------------------------------
    Defence(
        name="metadata stays with its chapter",
        module="millesime/markup/driver.lua",
        there="  spill(job.output, pandoc.write(doc, 'json'))\nend\n\nfunction verbs.write",
        instead="  spill(job.output, pandoc.write(pandoc.utils.citeproc(doc), 'json'))\nend\n\nfunction verbs.write",
        tests=(f"{_ALONE}::test_a_bibliography_that_the_metadata_of_a_chapter_names_is_not_read",),
    ),
    Defence(
        name="raw attributes",
        module="millesime/assembly/foreign.py",
        there='return [_printable({"t": "CodeBlock", "c": [attr("", ["foreign"], [("format", kind)]), text]})]',
        instead='return [{"t": "RawBlock", "c": [kind, text]}]',
        tests=(f"{_ALONE}::test_raw_code_is_shown",),
        behind="Word files without raw nodes, the filter of raw nodes",
    ),
    Defence(
        name="raw attributes in a line",
        module="millesime/assembly/foreign.py",
        there='return [_printable(code(text, attr("", ["foreign"], [("format", kind)])))]',
        instead='return [{"t": "RawInline", "c": [kind, text]}]',
        tests=(f"{_ALONE}::test_raw_code_is_shown",),
        behind="Word files without raw nodes, the filter of raw nodes",
    ),
    Defence(
        name="Word files without raw nodes",
        module="millesime/render/docx.py",
        there="body = _plain_raw(list(chapter.blocks))",
        instead="body = list(chapter.blocks)",
        tests=("tests/render/test_docx.py::test_raw_word_markup_of_a_chapter_is_not_written",),
        behind="raw attributes",
    ),
    Defence(
        name="sandbox of readers",
        module="millesime/markup/driver.lua",
        there="{abbreviations = abbreviations}, no_files)",
        instead="{abbreviations = abbreviations})",
        tests=(f"{_SECURITY}/test_pandoc.py::test_a_document_of_another_format_includes_nothing",),
    ),
    Defence(
        name="styles that are links",
        module="millesime/markup/pandoc.py",
        there='if any("independent-parent" in value for value in element.attrib.values()):',
        instead="if False:",
        tests=(
            f"{_SECURITY}/test_pandoc.py::test_a_citation_style_that_hides_where_it_is_is_refused",
            "-k",
            "45 or c:style",
        ),
    ),
    Defence(
        name="styles with entities",
        module="millesime/markup/pandoc.py",
        there='if "<!DOCTYPE" in text or "<!ENTITY" in text:',
        instead="if False:",
        tests=(f"{_ALONE}::test_a_style_has_no_document_type",),
        behind="styles that are links",
    ),
    Defence(
        name="readers of the Markdown family",
        module="millesime/series/values.py",
        there='if found and found["base"] in _READERS:',
        instead="if True:",
        tests=(f"{_SECURITY}/test_pandoc.py::test_a_report_chooses_no_reader_that_includes_files_or_is_none",),
    ),
    # ---- templates and sheets ----------------------------------------------
    Defence(
        name="sandbox of templates",
        module="millesime/render/theme.py",
        there="    environment = _Sandbox(\n",
        instead='    environment = __import__("jinja2").Environment(\n',
        tests=(_TEMPLATES,),
    ),
    Defence(
        name="immutable values of templates",
        module="millesime/render/theme.py",
        there="    environment = _Sandbox(\n",
        instead='    environment = __import__("jinja2").sandbox.SandboxedEnvironment(\n',
        tests=(_TEMPLATES, "-k", "append"),
    ),
    Defence(
        name="templates of the theme alone",
        module="millesime/render/theme.py",
        there='if template.startswith("/") or ".." in template.split("/"):',
        instead="if False:",
        tests=(_TEMPLATES, "-k", "include"),
    ),
    Defence(
        name="errors of templates",
        module="millesime/render/theme.py",
        there="except (TemplateError, ArithmeticError, TypeError, ValueError, RecursionError) as error:",
        instead="except RecursionError as error:",
        tests=(_TEMPLATES,),
    ),
    Defence(
        name="what the engine of pages fetches",
        module="millesime/render/pdf/engine.py",
        there='            raise ValueError("nothing outside the report is read")',
        instead="            return engine.urls.URLFetcher().fetch(url, headers)",
        tests=(f"{_ALONE}::test_the_engine_of_pages_is_handed_nothing_that_it_was_not_promised",),
        behind="the protocols that the engine's own fetcher is allowed",
    ),
    Defence(
        name="sockets of the engine of pages",
        module="millesime/render/pdf/engine.py",
        there='            raise ValueError("nothing outside the report is read")',
        instead="            return engine.urls.URLFetcher(timeout=1).fetch(url, headers)",
        tests=(f"{_SECURITY}/test_sockets.py::test_no_process_of_a_build_asks_for_a_socket",),
    ),
    Defence(
        name="sheets of the theme for paper",
        module="millesime/render/pdf/engine.py",
        there='            raise ValueError("nothing outside the report is read")',
        instead="            return engine.urls.URLFetcher(timeout=1).fetch(url, headers)",
        tests=(f"{_SECURITY}/test_templates.py::test_a_sheet_of_the_report_shows_no_picture_from_outside_on_paper",),
    ),
    # ---- YAML --------------------------------------------------------------
    Defence(
        name="nodes of manifests",
        module="millesime/series/yaml_text.py",
        there="if self.nodes > self.kind.nodes:",
        instead="if False:",
        tests=(f"{_ALONE}::test_a_manifest_whose_aliases_multiply_is_refused_before_anybody_unfolds_it",),
        behind="aliases share their tree, and keys that no manifest has are not looked into",
    ),
    Defence(
        name="depth of manifests",
        module="millesime/series/yaml_text.py",
        there="if len(place) > _MAXIMUM_DEPTH:",
        instead="if False:",
        tests=(_YAML, "-k", "report"),
    ),
    Defence(
        name="depth of keys in manifests",
        module="millesime/series/yaml_text.py",
        there='(*place, "") if deeper else place)',
        instead="place)",
        tests=(_YAML, "-k", "report and key"),
    ),
    Defence(
        name="tags in manifests",
        module="millesime/series/yaml_text.py",
        there="if event.tag is not None:",
        instead="if False:",
        tests=(_MANIFESTS, "-k", "tag-of-python"),
        behind="our own builder makes texts, lists and mappings of whatever it meets",
    ),
    Defence(
        name="size of manifests",
        module="millesime/series/yaml_text.py",
        there="if len(content) > kind.bytes:",
        instead="if False:",
        tests=(f"{_ALONE}::test_a_manifest_of_a_megabyte_is_not_parsed",),
    ),
    Defence(
        name="aliases in registers",
        module="millesime/series/yaml_text.py",
        there="if self.aliased > _MAXIMUM_ALIASED:",
        instead="if False:",
        tests=(f"{_ALONE}::test_aliases_of_a_register_that_multiply_are_refused_before_they_are_unfolded",),
    ),
    # ---- sizes -------------------------------------------------------------
    Defence(
        name="time of reading",
        module="millesime/markup/pandoc.py",
        there="if used > limits.reading or now - began > _PATIENCE * limits.reading:",
        instead="if False:",
        tests=(f"{_ALONE}::test_a_text_whose_reading_does_not_end_is_named",),
    ),
    Defence(
        name="memory of reading",
        module="millesime/markup/pandoc.py",
        there='"+RTS", f"-M{limits.memory}m", "-RTS", ',
        instead="",
        tests=("tests/markup/test_pandoc.py::test_a_text_that_needs_too_much_memory_is_named",),
    ),
    Defence(
        name="size of what was read",
        module="millesime/markup/pandoc.py",
        there="if path.stat().st_size > limits.memory_bytes // _PYTHON_BYTES:",
        instead="if False:",
        tests=(f"{_ALONE}::test_a_text_that_unfolds_is_named_before_it_is_loaded",),
    ),
    Defence(
        name="nesting",
        module="millesime/markup/pandoc.py",
        there="if is_nested_deeper(output, limits.nesting):",
        instead="if False:",
        tests=("tests/markup/test_pandoc.py::test_a_text_that_is_nested_too_deeply_is_named",),
    ),
    Defence(
        name="time of layout",
        module="millesime/press/limited.py",
        there="    signal.setitimer(signal.ITIMER_PROF, seconds)\n",
        instead="",
        tests=(f"{_SECURITY}/test_sizes.py::test_a_part_that_takes_too_long_to_lay_out_is_named",),
    ),
    Defence(
        name="memory of workers",
        module="millesime/press/limited.py",
        there="    resource.setrlimit(resource.RLIMIT_DATA, (min(within), before[1]))\n",
        instead="",
        tests=("tests/press/test_limited.py::test_a_step_that_takes_too_much_memory_is_ended_and_its_worker_lives",),
    ),
    Defence(
        name="limits that a report may choose",
        module="millesime/limits.py",
        there='if name == "nesting" and int(value) > MAXIMA.nesting:',
        instead="if False:",
        tests=("tests/test_limits.py",),
    ),
    # ---- characters --------------------------------------------------------
    Defence(
        name="control characters in text",
        module="millesime/assembly/foreign.py",
        there='    text = _FORBIDDEN.sub("\\ufffd", text)\n    return {"t": node["t"]',
        instead='    return {"t": node["t"]',
        tests=(f"{_ALONE}::test_control_characters_are_replaced_in_what_is_assembled",),
        behind="control characters in fragments, but for Word files",
    ),
    Defence(
        name="control characters in attributes",
        module="millesime/assembly/foreign.py",
        there="            return _printable_attributes(node)",
        instead="            return node",
        tests=(f"{_ALONE}::test_control_characters_are_replaced_in_what_is_assembled",),
        behind="control characters in fragments, but for Word files",
    ),
    Defence(
        name="control characters in fragments",
        module="millesime/render/sanitise.py",
        there='return text if _is_harmless(text) else _FORBIDDEN.sub("\\ufffd", text)',
        instead="return text",
        tests=("tests/render/test_fragments.py::test_control_characters_are_shown_as_replacement_characters",),
        behind="control characters in text and in attributes",
    ),
    Defence(
        name="T001",
        module="millesime/assembly/checks.py",
        there="if _BIDI.search(line):",
        instead="if False:",
        tests=(f"{_SECURITY}/test_characters.py::test_marks_that_turn_the_text_around_are_reported",),
    ),
    Defence(
        name="T002",
        module="millesime/assembly/checks.py",
        there='if unicodedata.category(character) == "Cc"',
        instead="if False",
        tests=("tests/press/test_check.py", "-k", "T002"),
    ),
    # ---- git ---------------------------------------------------------------
    Defence(
        name="messages of commits",
        module="millesime/redline/annex/provenance.py",
        there='*words(fill(labels["annex_why_subject"], subject=opening(reason.subject, _SUBJECT))),',
        instead='{"t": "RawInline", "c": ["html", reason.subject]},',
        tests=(f"{_ALONE}::test_a_commit_message_becomes_words_and_no_markup",),
        behind="raw attributes, for what is no known tag",
    ),
    Defence(
        name="revisions in manifests",
        module="millesime/series/values.py",
        there='if text.startswith("-"):',
        instead="if False:",
        tests=(_MANIFESTS, "-k", "revision-like-an-option"),
        behind="revisions that begin with a dash",
    ),
    Defence(
        name="revisions that begin with a dash",
        module="millesime/history/revision.py",
        there='if not revision or revision.startswith("-") or re.search',
        instead="if not revision or re.search",
        tests=("tests/history/test_revision.py::test_what_does_not_name_one_commit_never_reaches_git",),
        behind="revisions in manifests",
    ),
    Defence(
        name="hooks",
        module="millesime/history/repository.py",
        there='    "-c", "core.hooksPath=/dev/null",\n',
        instead="",
        tests=(_GIT, "-k", "hooks"),
        behind="no command of ours writes to a user's repository",
    ),
    Defence(
        name="fsmonitor",
        module="millesime/history/repository.py",
        there='    "-c", "core.fsmonitor=false",\n',
        instead="",
        tests=(_GIT, "-k", "fsmonitor"),
    ),
    Defence(
        name="transports that run programs",
        module="millesime/history/repository.py",
        there='    "GIT_ALLOW_PROTOCOL": "none",\n',
        instead="",
        tests=(_GIT, "-k", "remote"),
        behind="no command of ours asks a remote",
    ),
    Defence(
        name="external diffs",
        module="millesime/history/repository.py",
        there='    "-c", "diff.external=",\n',
        instead="",
        tests=(_GIT, "-k", "external"),
        behind="no command of ours shows a difference",
    ),
    Defence(
        name="credential helpers",
        module="millesime/history/repository.py",
        there='    "-c", "credential.helper=",\n',
        instead="",
        tests=(_GIT, "-k", "credentials"),
        behind="no command of ours asks a remote",
    ),
    Defence(
        name="replaced objects",
        module="millesime/history/repository.py",
        there='    "GIT_NO_REPLACE_OBJECTS": "1",\n',
        instead="",
        tests=(f"{_SNAPSHOT}::test_a_replaced_object_does_not_change_an_edition",),
    ),
    Defence(
        name="core.worktree",
        module="millesime/history/repository.py",
        there='if not os.path.lexists(os.path.join(top, ".git")):',
        instead="if False:",
        tests=(f"{_SECURITY}/test_git.py::test_a_repository_that_is_elsewhere_is_not_followed_out_of_its_folder",),
    ),
)

_FAULT_DEFENCES = (
    # ---- beside, then renamed ----------------------------------------------
    Defence(
        name="beside, then renamed",
        module="millesime/render/artifact.py",
        there="            yield beside\n            _replace(path, beside)\n",
        instead="            _replace(path, beside)\n            yield path\n",
        tests=(f"{_FAULTS_ALONE}::test_what_was_there_stays_until_the_new_one_is_whole",),
    ),
    Defence(
        name="no note is lost",
        module="millesime/render/pdf/whole_notes.py",
        there='            raise LostNoteError(note.element.get("id") or "", _opening(note.element))',
        instead="            continue",
        tests=(
            "tests/render/test_pdf_footnotes.py::test_a_layout_that_loses_a_part_of_a_note_stops_and_names_it",
            "tests/render/test_pdf_footnotes.py::test_a_build_that_would_lose_a_note_names_the_file",
        ),
    ),
    Defence(
        name="folders change places",
        module="millesime/render/artifact.py",
        there="    if not _exchange(path, new):\n",
        instead="    if True:\n",
        tests=(f"{_FAULTS_ALONE}::test_two_folders_change_places_in_one_step",),
        behind="a folder that stepped aside comes back",
    ),
    Defence(
        name="two who begin one folder",
        module="millesime/render/artifact.py",
        there="if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):",
        instead="if True:",
        tests=(f"{_FAULTS}/test_leftovers.py::test_two_that_make_the_same_folder_for_the_first_time_both_succeed",),
    ),
    Defence(
        name="a folder that stepped aside comes back",
        module="millesime/beside.py",
        there="                        os.rename(left / path.name, path)\n",
        instead="                        pass\n",
        tests=(f"{_FAULTS}/test_leftovers.py::test_a_folder_that_stepped_aside_comes_back",),
    ),
    Defence(
        name="and at once where the new one cannot come",
        module="millesime/beside.py",
        there="            os.rename(old / path.name, path)\n            raise\n",
        instead="            raise\n",
        tests=(f"{_FAULTS_ALONE}::test_a_folder_that_stepped_aside_for_one_that_cannot_come_is_back_at_once",),
    ),
    Defence(
        name="a moment without either, in two steps",
        module="millesime/beside.py",
        there="        os.rename(path, old / path.name)\n",
        instead="        remove(path)\n",
        tests=(f"{_FAULTS}/test_leftovers.py::test_a_folder_that_stepped_aside_comes_back",),
    ),
    # ---- left-overs --------------------------------------------------------
    Defence(
        name="locks are looked at",
        module="millesime/beside.py",
        there="        except BlockingIOError:\n            is_abandoned = False\n",
        instead="        except BlockingIOError:\n            is_abandoned = True\n",
        tests=(f"{_FAULTS}/test_leftovers.py::test_what_is_being_written_is_not_swept_and_what_was_abandoned_is",),
    ),
    Defence(
        name="locks are held",
        module="millesime/beside.py",
        there="        fcntl.flock(handle, fcntl.LOCK_EX)\n",
        instead="        pass\n",
        tests=(f"{_FAULTS}/test_leftovers.py::test_what_is_being_written_is_not_swept_and_what_was_abandoned_is",),
    ),
    Defence(
        name="what was swept before it was held",
        module="millesime/beside.py",
        there="        if os.path.samestat(os.fstat(handle), os.stat(path)):\n",
        instead="        if True:\n",
        tests=(f"{_FAULTS_ALONE}::test_what_was_swept_before_it_could_be_held_is_made_again",),
    ),
    Defence(
        name="left-overs are swept",
        module="millesime/beside.py",
        there="                        os.rename(left / path.name, path)\n                remove(left)\n",
        instead="                        os.rename(left / path.name, path)\n",
        tests=(f"{_FAULTS}/test_leftovers.py::test_a_build_of_one_format_sweeps_what_is_left_of_the_others",),
    ),
    Defence(
        name="files of others are left alone",
        module="millesime/beside.py",
        there='if not found or found["name"] != path.name:',
        instead="if not found:",
        tests=(f"{_FAULTS_ALONE}::test_a_place_whose_name_begins_anothers_is_told_from_it",),
    ),
    Defence(
        name="temporary files go with the run",
        module="millesime/press/scratch.py",
        there="        remove(made)\n",
        instead="",
        tests=(
            f"{_FAULTS}/test_leftovers.py"
            "::test_temporary_files_go_with_the_run_and_those_of_a_killed_one_with_the_next",
        ),
    ),
    Defence(
        name="temporary files of a killed run",
        module="millesime/press/scratch.py",
        there="        _sweep(chosen)\n",
        instead="",
        tests=(
            f"{_FAULTS}/test_leftovers.py"
            "::test_temporary_files_go_with_the_run_and_those_of_a_killed_one_with_the_next",
        ),
    ),
    Defence(
        name="temporary files of a run that lives",
        module="millesime/press/scratch.py",
        there="                if is_abandoned:\n",
        instead="                if True:\n",
        tests=(f"{_FAULTS_ALONE}::test_temporary_files_of_a_run_that_lives_are_left_alone",),
    ),
    # ---- workers -----------------------------------------------------------
    Defence(
        name="workers end with their build",
        module="millesime/press/workers.py",
        there="    parent.join()\n",
        instead="    return\n",
        tests=(f"{_FAULTS}/test_leftovers.py::test_workers_end_when_their_build_is_killed",),
    ),
    Defence(
        name="a worker that was ended",
        module="millesime/press/workers.py",
        there="        if isinstance(error, BrokenProcessPool):\n",
        instead="        if False:\n",
        tests=(f"{_FAULTS}/test_leftovers.py::test_a_build_whose_worker_is_killed_says_so",),
    ),
    # ---- the cache ---------------------------------------------------------
    Defence(
        name="checksums of the cache",
        module="millesime/press/cache/entry.py",
        there="if _checksum(folder.name, key, content) != checksum:",
        instead="if False:",
        tests=("tests/press/test_store.py::test_a_flipped_bit_anywhere_is_noticed",),
    ),
    Defence(
        name="lengths in the cache",
        module="millesime/press/cache/entry.py",
        there="if len(header) < _HEADER.size:",
        instead="if False:",
        tests=("tests/press/test_store.py::test_an_entry_cut_short_at_any_length_is_noticed",),
    ),
    Defence(
        name="entries that others may have written",
        module="millesime/press/cache/entry.py",
        there="if seen.st_uid != os.geteuid() or seen.st_mode & 0o022:",
        instead="if False:",
        tests=("tests/press/test_store.py::test_an_entry_that_others_may_have_written_is_not_read",),
    ),
    Defence(
        name="a cache that others may write to",
        module="millesime/press/cache/place.py",
        there="    if seen.st_mode & 0o022:\n",
        instead="    if False:\n",
        tests=("tests/press/test_store.py::test_a_folder_that_others_may_write_to_is_refused",),
    ),
    Defence(
        name="a cache that is full",
        module="millesime/press/cache/store.py",
        there="            self._is_writable = False\n            self._note(\n",
        instead="            raise\n            self._note(\n",
        tests=(f"{_FAULTS_ALONE}::test_a_cache_that_cannot_be_written_costs_time_alone",),
    ),
    Defence(
        name="no home",
        module="millesime/press/cache/place.py",
        there='return Path(home, ".cache", "millesime") if os.path.isabs(home) else None',
        instead='return Path(home, ".cache", "millesime")',
        tests=(f"{_FAULTS_ALONE}::test_a_home_that_is_no_place_gives_no_place_for_a_cache",),
    ),
    Defence(
        name="no home, and said so",
        module="millesime/press/cache/store.py",
        there="    if folder is None:\n        store.absorb",
        instead="    if False:\n        store.absorb",
        tests=("tests/press/test_store.py::test_a_user_without_a_home_builds_without_a_cache",),
    ),
    # ---- disks -------------------------------------------------------------
    Defence(
        name="a full disk",
        module="millesime/render/artifact.py",
        there="if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):",
        instead="if False:",
        tests=(f"{_FAULTS_ALONE}::test_a_disk_that_refuses_is_told_with_what_to_do",),
    ),
    Defence(
        name="a read-only disk",
        module="millesime/render/artifact.py",
        there="elif error.errno == errno.EROFS:",
        instead="elif False:",
        tests=(f"{_FAULTS_ALONE}::test_a_disk_that_refuses_is_told_with_what_to_do",),
    ),
    Defence(
        name="no room for temporary files",
        module="millesime/cli/__init__.py",
        there="if error.errno not in _OF_THE_SYSTEM:",
        instead="if True:",
        tests=(f"{_FAULTS_ALONE}::test_no_traceback_reaches_a_user",),
    ),
    Defence(
        name="a full disk behind standard output",
        module="millesime/cli/__init__.py",
        there="        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())\n",
        instead="        pass\n",
        tests=(f"{_FAULTS_ALONE}::test_a_full_disk_behind_standard_output_is_told_once",),
    ),
    Defence(
        name="Ctrl-C",
        module="millesime/cli/__init__.py",
        there="except (click.Abort, KeyboardInterrupt):",
        instead="except click.Abort:",
        tests=(f"{_FAULTS_ALONE}::test_no_traceback_reaches_a_user", "-k", "130"),
    ),
    # ---- surroundings ------------------------------------------------------
    Defence(
        name="umask",
        module="millesime/cli/__init__.py",
        there="    os.umask(mask & 0o077)\n",
        instead="    os.umask(mask)\n",
        tests=(f"{_FAULTS_ALONE}::test_a_mask_that_shuts_out_the_owner_is_told_and_left_out_of_account",),
    ),
    Defence(
        name="letters that a locale does not have",
        module="millesime/cli/__init__.py",
        there="            stream.reconfigure(errors=",
        instead="            dict(errors=",
        tests=(f"{_FAULTS_ALONE}::test_words_go_out_where_the_locale_does_not_have_their_letters", "-k", "echo"),
    ),
    Defence(
        name="JSON in any locale",
        module="millesime/cli/options.py",
        there="ensure_ascii=not is_unicode(sys.stdout)",
        instead="ensure_ascii=False",
        tests=(f"{_FAULTS_ALONE}::test_words_go_out_where_the_locale_does_not_have_their_letters", "-k", "json"),
        behind="letters that a locale does not have",
    ),
    Defence(
        name="the language of the machine",
        module="millesime/render/pdf/engine.py",
        there="            locale.setlocale(locale.LC_CTYPE, name)\n",
        instead="            pass\n",
        tests=(f"{_FAULTS_ALONE}::test_engines_of_pages_know_neither_the_time_nor_the_language_of_the_machine",),
    ),
    Defence(
        name="the clock of the machine",
        module="millesime/render/pdf/engine.py",
        there="    os.environ[name] = str(date_epoch(date))\n",
        instead="",
        tests=(f"{_FAULTS_ALONE}::test_engines_of_pages_know_neither_the_time_nor_the_language_of_the_machine",),
    ),
    # ---- two at once -------------------------------------------------------
    Defence(
        name="two publications",
        module="millesime/distribution/tree.py",
        there="            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        instead="            pass\n",
        tests=(f"{_FAULTS_ALONE}::test_who_publishes_second_is_told_to_wait",),
    ),
    # ---- pandoc ------------------------------------------------------------
    Defence(
        name="no pandoc",
        module="millesime/markup/pandoc.py",
        there='    except (OSError, ImportError) as error:\n        raise EngineError("pandoc: not found;',
        instead='    except ZeroDivisionError as error:\n        raise EngineError("pandoc: not found;',
        tests=(_PANDOCS, "-k", "missing"),
    ),
    Defence(
        name="an old pandoc",
        module="millesime/markup/pandoc.py",
        there="if version < _MINIMUM_VERSION:",
        instead="if False:",
        tests=(_PANDOCS, "-k", "older"),
    ),
    Defence(
        name="a pandoc that says nothing of itself",
        module="millesime/markup/pandoc.py",
        there='    if not found:\n        raise EngineError(\n            f"{path}: does not say',
        instead='    if False:\n        raise EngineError(\n            f"{path}: does not say',
        tests=(_PANDOCS, "-k", "silent or another"),
    ),
    Defence(
        name="a broken pandoc",
        module="millesime/markup/pandoc.py",
        there='    except OSError as error:\n        hint = "install pandoc again',
        instead='    except ZeroDivisionError as error:\n        hint = "install pandoc again',
        tests=(_PANDOCS, "-k", "broken"),
    ),
    Defence(
        name="a pandoc that was ended",
        module="millesime/markup/pandoc.py",
        there="if process.returncode < 0:",
        instead="if False:",
        tests=(_PANDOCS, "-k", "killed"),
    ),
    Defence(
        name="a pandoc that fails",
        module="millesime/markup/pandoc.py",
        there="    if process.returncode:\n",
        instead="    if False:\n",
        tests=(_PANDOCS, "-k", "failing"),
    ),
    # ---- beginnings and seals ----------------------------------------------
    Defence(
        name="an init that was killed is taken over",
        module="millesime/press/beginnings.py",
        there="if os.path.lexists(path) and not _holds(path, text):",
        instead="if os.path.lexists(path):",
        tests=(f"{_FAULTS}/test_leftovers.py::test_a_report_whose_beginning_was_killed_begins_at_the_next_try",),
    ),
    Defence(
        name="an init writes its manifest last",
        module="millesime/press/beginnings.py",
        there="for path, text in reversed(files.items()):",
        instead="for path, text in files.items():",
        tests=(f"{_FAULTS}/test_leftovers.py::test_a_report_whose_beginning_was_killed_begins_at_the_next_try",),
    ),
    Defence(
        name="texts of others are not written over",
        module="millesime/press/beginnings.py",
        there='            raise OutputError(f"{path}: there is such a file already;',
        instead='            path.unlink()\n            OutputError(f"{path}: there is such a file already;',
        tests=(f"{_FAULTS}/test_leftovers.py::test_a_report_never_begins_over_a_text_of_others",),
    ),
    Defence(
        name="seals replace a manifest in one step",
        module="millesime/series/write.py",
        there='        with beside.open("wb") as stream:\n',
        instead='        with path.open("wb") as stream:\n',
        tests=(
            "tests/series/test_write.py::test_a_run_killed_while_it_writes_leaves_the_manifest_whole_and_the_next_one_tidies",
        ),
    ),
)

DEFENCES = _SECURITY_DEFENCES + _FAULT_DEFENCES
