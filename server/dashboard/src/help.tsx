import { allKeys, helpOpen } from "./keys";
import { Dialog } from "./ui/dialog";

/** The keys that work where one is. */
export function Help() {
    return (
        <Dialog title="Keys" onClose={() => { helpOpen.value = false; }}>
            <dl class="keys">
                {allKeys().map((key) => (
                    <div key={key.keys + key.what}>
                        <dt>{key.keys.split(" ").map((one, at) => <kbd key={at}>{one}</kbd>)}</dt>
                        <dd>{key.what}</dd>
                    </div>
                ))}
                <div><dt><kbd>Enter</kbd></dt><dd>open the row</dd></div>
                <div><dt><kbd>Esc</kbd></dt><dd>close a dialog, leave a field</dd></div>
            </dl>
        </Dialog>
    );
}
