import { once } from './transport.mjs';

/** @typedef {import('./transport.mjs').Transport} Transport */

/**
 * Sending pictures to the host.
 * @param {Transport} transport
 */
export function hostApi({ url }) {
  return {
    /**
     * A ticket for a picture on its way into a tab of the host around us.
     * @param {string} path
     * @param {string} target
     * @returns {Promise<{id: string}>}
     */
    send: (path, target) =>
      once(url('send_img_path', { path, target, here: 'true' }), { method: 'POST' }, (response) =>
        response.json(),
      ),

    /**
     * Lets the host take what a ticket stands for.
     * @param {string} id
     * @returns {Promise<{picture: boolean, infotext: boolean}>}
     */
    redeemSend: (id) =>
      once(url('redeem_send', { id }), { method: 'POST' }, (response) => response.json()),

    /** @returns {Promise<{send: {id: string, path: string, target: string}|null}>} */
    claimSend: () => once(url('claim_send'), { method: 'POST' }, (response) => response.json()),
  };
}
