// Calls of the API. Every call has a deadline; only reads are repeated, by whoever shows them.

import { signal } from "@preact/signals";
import type { Session } from "./types";

const DEADLINE_MS = 30_000;

/** An answer that is not what was asked for, in the API's own words (RFC 9457). */
export class Problem extends Error {
    constructor(readonly status: number, readonly title: string, readonly detail: string) {
        super(detail || title);
    }
}

/** Who is signed in; null: nobody, or reading is open. */
export const session = signal<Session | null>(null);
/** A call was refused until somebody signs in. */
export const signInWanted = signal(false);
let isLeftOut = false;

/** Somebody closed the dialog: it comes back only where it is asked for. */
export function leaveSignIn(): void {
    isLeftOut = true;
    signInWanted.value = false;
}

async function problemOf(response: Response): Promise<Problem> {
    try {
        const body = await response.json();
        return new Problem(response.status, body.title ?? response.statusText, body.detail ?? "");
    } catch {
        return new Problem(response.status, response.statusText || `HTTP ${response.status}`, "");
    }
}

export async function call(path: string, options: RequestInit = {}): Promise<Response> {
    let response: Response;
    try {
        response = await fetch(path, { credentials: "same-origin", signal: AbortSignal.timeout(DEADLINE_MS), ...options });
    } catch {
        throw new Problem(0, "The daemon does not answer", "The page asks again by itself.");
    }
    if (response.ok || response.status === 304) {
        return response;
    }
    if (response.status === 401 && !isLeftOut) {
        signInWanted.value = true;
    }
    throw await problemOf(response);
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
    const response = await call(path, signal ? { signal } : {});
    return await response.json() as T;
}

export async function post<T>(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<T> {
    const response = await call(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: JSON.stringify(body),
    });
    return await response.json() as T;
}

/** The same key for a click that is sent twice. */
export const idempotencyKey = (): Record<string, string> => ({ "Idempotency-Key": `page-${crypto.randomUUID?.() ?? Date.now()}` });

export async function loadSession(): Promise<void> {
    try {
        session.value = await get<Session>("/api/v1/session");
    } catch {
        session.value = null;
    }
}

export async function signIn(token: string): Promise<void> {
    await call("/api/v1/session", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }) });
    signInWanted.value = false;
    await loadSession();
}

export async function signOut(): Promise<void> {
    await call("/api/v1/session", { method: "DELETE" });
    session.value = null;
    location.reload();
}
