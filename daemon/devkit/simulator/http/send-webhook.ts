import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { SendWebhook } from "../platform/delivery.ts";

/** Posts a webhook over HTTP. Redirects are not followed: their status counts as a refusal. */
export const sendWebhook: SendWebhook = (url, headers, body, signal) =>
  new Promise((resolve, reject) => {
    const post = url.protocol === "https:" ? httpsRequest : httpRequest;
    const bytes = Buffer.from(body);
    const options = {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", "content-length": bytes.length },
      signal,
    };
    const request = post(url, options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", reject);
    request.end(bytes);
  });
