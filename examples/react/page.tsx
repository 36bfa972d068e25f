/** React follows a live object without anything in between: `subscribe` and `snapshot` are all that it needs. */
import { live } from "concoord/browser";
import { useState, useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
import { Chat } from "./chat.ts";

const chat = live(Chat);

function Room() {
  const { lines } = useSyncExternalStore(chat.subscribe, chat.snapshot);
  const [text, setText] = useState("");
  return (
    <main>
      <ol>
        {lines.map(({ id, text }) => (
          // Lines that did not change are the same objects as before.
          <li key={id}>{text}</li>
        ))}
      </ol>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          chat.calls.say(text);
          setText("");
        }}
      >
        <input value={text} onChange={(event) => setText(event.target.value)} aria-label="What to say" />
      </form>
    </main>
  );
}

const root = document.createElement("div");
document.body.append(root);
createRoot(root).render(<Room />);
