// --8<-- [start:positions]
const parse = (pos) => (pos ? [pos.split(":")[0], Number(pos.split(":")[1])] : [null, 0]);

// Hands on each push once and in order, over any number of connections.
class Positions {
  constructor(groups, { send, groupOf, onPush, onLost }) {
    this.last = Object.fromEntries(groups.map((group) => [group, null]));
    Object.assign(this, { send, groupOf, onPush, onLost });
  }

  opened() { // a socket is open, the first one or another
    this.waiting = [];
    this.send({ event: "nexws.resume", data: { groups: this.last }, ref: "resume" });
  }

  received(frame) {
    if (frame.ref === "resume") this.told(frame);
    else if (!frame.pos) this.onPush(frame); // not kept
    else if (this.waiting) this.waiting.push(frame);
    else this.take(frame);
  }

  told({ status, data }) {
    if (status === "error") return setTimeout(() => this.opened(), 1000); // "unavailable", "timeout"
    const isLost = (group) => data.groups[group]?.recovered === false;
    const waiting = this.waiting.filter((frame) => !isLost(this.groupOf(frame)));
    this.waiting = null;
    waiting.sort((a, b) => parse(a.pos)[1] - parse(b.pos)[1]).forEach((frame) => this.take(frame));
    for (const [group, { pos }] of Object.entries(data.groups)) this.last[group] = pos;
    Object.keys(data.groups).filter(isLost).forEach((group) => this.onLost(group)); // fetch its state anew
  }

  take(frame) {
    const group = this.groupOf(frame);
    const [epoch, offset] = parse(frame.pos), [lastEpoch, lastOffset] = parse(this.last[group]);
    if (epoch === lastEpoch && offset <= lastOffset) return;
    this.last[group] = frame.pos;
    this.onPush(frame);
  }
}
// --8<-- [end:positions]

module.exports = { Positions };
