/** JSON values that a call may carry: a field named `__proto__` is refused. */
import fc from "fast-check";

export const sendableJson = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('"__proto__"'));
