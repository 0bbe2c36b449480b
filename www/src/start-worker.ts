// Starting a Worker of the package, wherever the package is served from and whatever the page requires.

const policies = new Map<string, ReturnType<NonNullable<Window["trustedTypes"]>["createPolicy"]>>();
const importers = new Map<string, string>();

/** `script` must be one of the package's own files. */
export function startWorker(script: URL, name: string): Worker {
  const url = script.origin === location.origin ? script.href : importer(script.href);
  return new Worker(trusted(url, name), { type: "module", name });
}

/** Workers start from the page's own origin only: one line there imports the script (`worker-src blob:`). */
function importer(url: string): string {
  let line = importers.get(url);
  if (!line) {
    line = URL.createObjectURL(new Blob([`import ${JSON.stringify(url)};`], { type: "text/javascript" }));
    importers.set(url, line);
  }
  return line;
}

/** As pages demand it that require Trusted Types: by a policy that knows one URL and no other. */
function trusted(url: string, name: string): string {
  if (!window.trustedTypes) return url;
  let policy = policies.get(url);
  if (!policy) {
    policy = window.trustedTypes.createPolicy(name, {
      createScriptURL: (wanted) => {
        if (wanted !== url) throw new TypeError("not the worker");
        return wanted;
      },
    });
    policies.set(url, policy);
  }
  return policy.createScriptURL(url) as string;
}
