import { describe, expect, test } from "vitest-pool-assemblyscript/assembly";
import { Status, StreamType } from "../../assembly/abi/enums";
import { enter, Flow, leave, resume, resumed, statusAfter } from "../../assembly/context/flow";

// The host of these tests answers Unimplemented, so that status means that it was asked.
const ASKED = Status.Unimplemented;

const CONTINUE: i32 = 0;
const STOP: i32 = 1;

/** What becomes of a callback that returns `status` while its direction is in `during`: the state after it. */
function returned(during: Flow, status: i32): Flow {
  return leave(during, statusAfter(during, status));
}

describe("a callback", () => {
  test("that continues lets its direction flow", () => {
    expect(returned(enter(Flow.Flowing), CONTINUE)).toBe(Flow.Flowing);
    expect(returned(enter(Flow.Held), CONTINUE)).toBe(Flow.Flowing);
  });

  test("that stops holds it, whichever way it stops", () => {
    for (let status = STOP; status <= 4; status++) {
      expect(statusAfter(enter(Flow.Flowing), status)).toBe(status);
      expect(returned(enter(Flow.Flowing), status)).toBe(Flow.Held);
      expect(returned(enter(Flow.Held), status)).toBe(Flow.Held);
    }
  });

  test("that continues its own direction continues, whatever it returns", () => {
    const during = resumed(enter(Flow.Flowing));
    for (let status = CONTINUE; status <= 4; status++) {
      expect(statusAfter(during, status)).toBe(CONTINUE);
      expect(returned(during, status)).toBe(Flow.Flowing);
    }
  });

  test("that has resumed starts afresh the next time", () => {
    const after = returned(resumed(enter(Flow.Held)), STOP);
    expect(enter(after)).toBe(Flow.InCallback);
    expect(returned(enter(after), STOP)).toBe(Flow.Held);
  });

  test("of a direction that has ended changes nothing", () => {
    expect(enter(Flow.Ended)).toBe(Flow.Ended);
    for (let status = CONTINUE; status <= 4; status++) {
      expect(statusAfter(Flow.Ended, status)).toBe(status);
      expect(returned(Flow.Ended, status)).toBe(Flow.Ended);
    }
    expect(resumed(Flow.Ended)).toBe(Flow.Ended);
  });
});

describe("continuing", () => {
  test("asks the host only for what is held, and once", () => {
    expect(resume(Flow.Held, StreamType.HttpRequest)).toBe(ASKED);
    const after = resumed(Flow.Held);
    expect(after).toBe(Flow.Flowing);
    expect(resume(after, StreamType.HttpRequest)).toBe(Status.BadArgument);
  });

  test("inside the callback is left to what the callback returns, however often", () => {
    const during = enter(Flow.Flowing);
    expect(resume(during, StreamType.HttpResponse)).toBe(Status.Ok);
    const again = resumed(during);
    expect(again).toBe(Flow.Resumed);
    expect(resume(again, StreamType.HttpResponse)).toBe(Status.Ok);
    expect(resumed(again)).toBe(Flow.Resumed);
  });

  test("what flows is refused without asking the host", () => {
    expect(resume(Flow.Flowing, StreamType.Downstream)).toBe(Status.BadArgument);
    expect(resumed(Flow.Flowing)).toBe(Flow.Flowing);
  });

  test("what has ended is refused without asking the host", () => {
    expect(resume(Flow.Ended, StreamType.Upstream)).toBe(Status.BadArgument);
  });
});
