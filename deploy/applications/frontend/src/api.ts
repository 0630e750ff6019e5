import type { Row } from "./kinds";

/** Where the API is: fixed when the page is built. */
declare const API_URL: string;

export async function list(kind: string): Promise<Row[]> {
  return (await ask(`/${kind}?limit=1000`)) as Row[];
}

export async function add(kind: string, values: Row): Promise<Row> {
  return (await ask(`/${kind}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(values),
  })) as Row;
}

async function ask(path: string, init?: RequestInit): Promise<unknown> {
  const answer = await fetch(API_URL + path, { ...init, signal: AbortSignal.timeout(10_000) });
  const body: unknown = await answer.json().catch(() => null);
  if (!answer.ok) {
    throw new Error(`${path}: ${answer.status} ${reason(body)}`);
  }
  return body;
}

function reason(body: unknown): string {
  const detail = (body as { detail?: unknown } | null)?.detail;
  if (Array.isArray(detail)) {
    return detail.map((entry: { loc: string[]; msg: string }) => `${entry.loc.at(-1)}: ${entry.msg}`).join("; ");
  }
  return typeof detail === "string" ? detail : "";
}
