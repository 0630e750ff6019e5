import { useState } from "preact/hooks";
import { leaveSignIn, Problem, signIn, signInWanted } from "./data/api";
import { restart } from "./data/live";
import { Trouble } from "./ui/basics";
import { Dialog } from "./ui/dialog";

/** The token is sent once; the browser keeps a cookie that scripts can't read. */
export function SignIn() {
    const [token, setToken] = useState("");
    const [problem, setProblem] = useState<Problem | null>(null);
    const submit = async (event: Event) => {
        event.preventDefault();
        try {
            await signIn(token.trim());
            restart();
        } catch (error) {
            signInWanted.value = true;
            const isWrong = error instanceof Problem && error.status === 401;
            setProblem(isWrong ? new Problem(401, "This token is not known", "Tokens are in the daemon's configuration, under `tokens`.")
                : error as Problem);
        }
    };
    return (
        <Dialog title="Sign in" onClose={leaveSignIn} begin="input">
            <form onSubmit={submit} class="fields">
                <p>This daemon shows its builds to those who have a token of its configuration. One of role <code>write</code> may also rebuild and cancel.</p>
                <label class="field">
                    <span>Token</span>
                    <input type="password" autocomplete="current-password" required value={token} onInput={(event) => setToken(event.currentTarget.value)} />
                </label>
                <Trouble problem={problem} />
                <div class="row-end"><button type="submit" class="button primary">Sign in</button></div>
            </form>
        </Dialog>
    );
}
