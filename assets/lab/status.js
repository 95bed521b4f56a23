// The status line, and what screen readers hear of it.
import { writeWithTerms } from "../shared/terms.js";

const HEARD_MS = 5000;

// All that is new is news, but a training's figures only now and then.
export class News {
  kind = "";
  at = -Infinity;

  isDue(text, now) {
    const kind = text.replace(/[:,.] .*/, "");
    if (kind === this.kind && now - this.at < HEARD_MS) return false;
    this.kind = kind;
    this.at = now;
    return true;
  }
}

export class StatusLine {
  constructor(root) {
    this.line = root.querySelector("#status");
    this.announcement = root.querySelector(".announcement");
    this.news = new News();
  }

  say(text) {
    writeWithTerms(this.line, text);
    if (this.announcement.textContent !== text && this.news.isDue(text, performance.now())) {
      this.announcement.textContent = text;
    }
  }
}
