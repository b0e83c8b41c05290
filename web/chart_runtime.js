// What draws a Vega-Lite specification in a page that allows neither network nor eval.
import { expressionInterpreter } from "vega-interpreter";
import { Handler } from "vega-tooltip";
import { compile } from "vega-lite";
import { Error as kErrorLevel, View, loader, logger, parse } from "vega";

// The data of a specification are inside it; whatever would be loaded is refused.
const closedLoader = loader();
closedLoader.load = () => Promise.reject(new Error("charts load nothing"));
closedLoader.sanitize = closedLoader.load;

/** Draws `specification` into `element`; gives the view, whose finalize() frees what it holds. */
async function draw(element, specification, config, theme) {
  const log = logger(kErrorLevel);
  const compiled = compile(specification, { config, logger: log });
  const runtime = parse(compiled.spec, config, { ast: true });
  const view = new View(runtime, {
    container: element,
    expr: expressionInterpreter,
    loader: closedLoader,
    logger: log,
    renderer: "svg",
    tooltip: new Handler({ theme, disableDefaultStyle: true }).call,
  });
  return view.runAsync();
}

globalThis.archmlpCharts = { draw };
