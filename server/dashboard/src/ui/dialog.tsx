import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";

interface Props {
    title: string;
    onClose: () => void;
    children: ComponentChildren;
    footer?: ComponentChildren;
    /** The focus begins here (a selector) instead of at the title. */
    begin?: string;
}

/** The browser's own modal dialog: it keeps the focus inside, and gives it back. Open while it is there. */
export function Dialog({ title, onClose, children, footer, begin = "h2" }: Props) {
    const dialog = useRef<HTMLDialogElement>(null);
    useEffect(() => {
        const before = document.activeElement as HTMLElement | null;
        dialog.current?.showModal();
        dialog.current?.querySelector<HTMLElement>(begin)?.focus();
        return () => before?.focus?.({ preventScroll: true });
    }, []);
    return (
        <dialog ref={dialog} aria-labelledby="dialog-title" onCancel={(event) => { event.preventDefault(); onClose(); }}
            onClick={(event) => event.target === dialog.current && onClose()}>
            <div class="dialog">
                <header>
                    <h2 id="dialog-title" tabIndex={-1}>{title}</h2>
                    <button type="button" class="button quiet square" aria-label="Close" onClick={onClose}><Icon name="close" /></button>
                </header>
                <div class="dialog-body">{children}</div>
                {footer && <footer>{footer}</footer>}
            </div>
        </dialog>
    );
}
