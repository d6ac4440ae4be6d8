package io.vigil.console.store;

import io.vigil.console.Refusal;
import io.vigil.schema.vault.Vault;
import io.vigil.schema.vault.VaultException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What people write about people: kept encrypted under the key that the account has in the vault,
 * so that it goes with the account. Without a vault it is kept as it is. Thread-safe.
 */
public final class Sealing {

  /** How sealed text begins: this, the account's pseudonym, a colon, and the bytes in base64. */
  private static final String MARK = "vigil-sealed:1:";

  private static final byte[] CONTEXT = "console text".getBytes(StandardCharsets.US_ASCII);

  private final @Nullable Vault vault;

  private Sealing(@Nullable Vault vault) {
    this.vault = vault;
  }

  /** Keeps everything as it is. */
  public static Sealing none() {
    return new Sealing(null);
  }

  /**
   * @param vault the caller's to close
   */
  public static Sealing of(Vault vault) {
    return new Sealing(vault);
  }

  /**
   * What was kept.
   *
   * @param text null when it can't be read
   * @param missing why not: {@code erased}, or {@code unreadable} without the vault or when it was
   *     tampered with; null when there is a text
   */
  public record Opened(@Nullable String text, @Nullable String missing) {}

  /** Whether a text is sealed; what people write must not be taken for it. */
  public static boolean isSealed(@Nullable String text) {
    return text != null && text.startsWith(MARK);
  }

  /**
   * The text as it is kept: sealed, or itself when there is no vault or the vault has no such
   * account.
   *
   * @throws Refusal {@code erased} when the account was erased: nothing is kept about it any more
   */
  public String seal(String account, String text) {
    if (vault == null || isSealed(text)) {
      return text;
    }
    Optional<byte[]> sealed = vault.seal(account, CONTEXT, text.getBytes(StandardCharsets.UTF_8));
    if (sealed.isPresent()) {
      return MARK + account + ':' + Base64.getEncoder().encodeToString(sealed.get());
    }
    if (vault.status(account).isPresent()) {
      throw Refusal.conflict(
          "erased", "the account of this case was erased: no text about it can be kept");
    }
    return text;
  }

  /** The text that was kept, or why it can't be read. */
  public Opened open(String kept) {
    if (!isSealed(kept)) {
      return new Opened(kept, null);
    }
    int colon = kept.indexOf(':', MARK.length());
    if (vault == null || colon < 0) {
      return new Opened(null, "unreadable");
    }
    try {
      byte[] sealed = Base64.getDecoder().decode(kept.substring(colon + 1));
      String account = kept.substring(MARK.length(), colon);
      Optional<byte[]> text = vault.open(account, CONTEXT, sealed);
      return text.isPresent()
          ? new Opened(new String(text.get(), StandardCharsets.UTF_8), null)
          : new Opened(null, "erased");
    } catch (IllegalArgumentException | VaultException e) {
      return new Opened(null, "unreadable");
    }
  }

  /** The pseudonym of an account that somebody knows by its own id; nothing without a vault. */
  public Optional<String> pseudonym(String account) {
    return vault == null ? Optional.empty() : vault.find(account);
  }
}
