package io.vigil.model.approval;

/**
 * One person's signature over a request.
 *
 * @param keyId the signer's enrolled key
 * @param signature what the signer saw and when it expires, then Ed25519: opaque bytes that {@link
 *     Judge} reads; not copied, must not be changed
 */
public record Approval(String keyId, byte[] signature) {}
