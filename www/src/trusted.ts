// Worker scripts on pages that require Trusted Types: a policy that knows one URL and no other.

const policies = new Map<string, ReturnType<NonNullable<Window["trustedTypes"]>["createPolicy"]>>();

/** `url` as such pages demand it; it must be one of the package's own files. */
export function workerUrl(url: string, name: string): string {
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
