// The target system. Replace this: how to send it records, and how to ask whether it already has
// them. Both go by the idempotency key. Your system should keep the key with what it took: as the
// voucher's external reference, the file's name, or the message's id.
//
// This version sends the records to TARGET_URL as JSON, with the key as Idempotency-Key.
// GET TARGET_URL/<key> answers 2xx when they are there and 404 when they are not.

import { type ExportRequest, readBytes } from "./request.ts";
import type { Settings } from "./settings.ts";

/** The target system surely took none of the records. The message is for a person. */
export class Refusal extends Error {}

/** It may have taken them, or not. */
export class Doubt extends Error {}

const DETAIL_BYTES_MAX = 4096;
const DETAIL_CHARACTERS_MAX = 300;

interface Answer {
  status: number;
  detail: string; // for a person
}

export class Target {
  constructor(readonly settings: Settings) {}

  /** Sends a batch, and returns once the target system has said that it has all of it. */
  async exportRecords(asked: ExportRequest, records: unknown[], timeoutS: number): Promise<void> {
    if (!this.settings.targetUrl) {
      throw new Refusal("the secret TARGET_URL is not set");
    }
    const answer = await this.ask("", timeoutS, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "Idempotency-Key": asked.idempotencyKey,
      },
      body: JSON.stringify({
        orgId: asked.orgId,
        integrationType: asked.integrationType,
        periodStart: asked.periodStart,
        scheduledFor: asked.scheduledFor,
        records,
      }),
    });

    if (isSuccess(answer.status)) return;
    if (isRefusal(answer.status)) throw new Refusal(answer.detail);
    throw new Doubt(answer.detail);
  }

  /** Whether it has the batch of an earlier attempt. Throws a Doubt if it does not say. */
  async has(key: string): Promise<boolean> {
    const answer = await this.ask(`/${encodeURIComponent(key)}`, this.settings.targetTimeoutS);

    if (!isSuccess(answer.status) && answer.status !== 404) throw new Doubt(answer.detail);
    return isSuccess(answer.status);
  }

  /** Waits for the whole answer. Follows no redirect, because the token would travel with it. */
  private async ask(path: string, timeoutS: number, init: RequestInit = {}): Promise<Answer> {
    const { targetUrl, targetToken } = this.settings;
    const headers = new Headers(init.headers);

    if (targetToken) headers.set("Authorization", `Bearer ${targetToken}`);
    try {
      const response = await fetch(targetUrl + path, {
        ...init,
        headers,
        redirect: "manual",
        signal: AbortSignal.timeout(1000 * timeoutS),
      });
      return { status: response.status, detail: await this.detail(response) };
    } catch (error) {
      throw new Doubt(`the target system did not answer: ${withoutUrl(error)}`);
    }
  }

  /** The start of its words, for a person. Never shows the token, also if the system echoes it. */
  private async detail(response: Response): Promise<string> {
    const { text } = await readBytes(response.body, DETAIL_BYTES_MAX);
    const token = this.settings.targetToken;
    const said = (token ? text.replaceAll(token, "[token]") : text).slice(0, DETAIL_CHARACTERS_MAX);

    return `the target system answered ${response.status}: ${said}`;
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** A timeout (408), a conflict (409) and its own errors (5xx) leave open what it did before. */
function isRefusal(status: number): boolean {
  return status >= 300 && status < 500 && status !== 408 && status !== 409;
}

/** An address may hold a secret. */
function withoutUrl(error: unknown): string {
  return String(error).replace(/https?:[^\s)]+/g, "TARGET_URL");
}
