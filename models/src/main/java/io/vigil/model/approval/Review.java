package io.vigil.model.approval;

import io.vigil.model.artefact.Artefacts;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * That somebody has looked at what another put in force by breaking the glass. It changes nothing
 * that decides, so it needs one signature, of an approver, and that does not expire. Immutable by
 * agreement.
 *
 * @param requestId of the request that broke the glass
 * @param answer the job's answer to it, its bytes; not copied, must not be changed
 * @param brokenBy ids of the keys that signed that request
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier of bytes, never compared.
public record Review(String requestId, byte[] answer, List<String> brokenBy) {
  private static final String DOMAIN = "vigil-review-1";

  public Review {
    brokenBy = List.copyOf(brokenBy);
  }

  /** What is signed for a keyring's scope: each field behind its length. */
  byte[] statement(String scope) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String field : List.of(DOMAIN, scope, requestId, Artefacts.digest(answer))) {
      byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
      out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
      out.writeBytes(bytes);
    }
    return out.toByteArray();
  }

  /**
   * Signs.
   *
   * @throws IllegalArgumentException when the keys are no pair
   */
  public Approval sign(String scope, PrivateKey privateKey, PublicKey publicKey) {
    if (!SigningKeys.pair(privateKey, publicKey)) {
      throw new IllegalArgumentException(
          "expected the private key of %s, got another".formatted(SigningKeys.id(publicKey)));
    }
    return new Approval(SigningKeys.id(publicKey), SigningKeys.sign(privateKey, statement(scope)));
  }

  /**
   * Whether it counts: signed by an approver who did not sign the request.
   *
   * @param timeMs of its place in the log, milliseconds since the epoch: keys must not have expired
   * @return null when it does
   */
  public @Nullable Refusal judge(Keyring keyring, List<Approval> signatures, long timeMs) {
    if (signatures.size() != 1) {
      return Code.UNSIGNED.because("expected one signature, got %d", signatures.size());
    }
    Approval approval = signatures.get(0);
    Keyring.Enrolled enrolled = keyring.find(approval.keyId());
    Refusal refusal = Judge.ofKey(keyring, enrolled, timeMs);
    if (refusal != null || enrolled == null) {
      return refusal;
    }
    Person reviewer = enrolled.person();
    if (!reviewer.roles().contains(Role.APPROVER)) {
      return Code.WRONG_ROLE.because("expected an approver, got %s", reviewer.name());
    }
    for (String key : brokenBy) {
      Keyring.Enrolled other = keyring.find(key);
      if (other != null && other.person().name().equals(reviewer.name())) {
        return Code.REVIEWER_BROKE_GLASS.because(
            "expected another person than %s, who broke the glass", reviewer.name());
      }
    }
    return SigningKeys.signed(
            enrolled.key().publicKey(), statement(keyring.scope()), approval.signature())
        ? null
        : Code.BAD_SIGNATURE.because(
            "expected what %s signed, got another review, or one for another scope than %s",
            reviewer.name(), keyring.scope());
  }
}
