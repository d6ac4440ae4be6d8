package io.vigil.model.torch;

import io.vigil.model.artefact.StrictZip;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Looks into a TorchScript archive without running any of it. The archive is a program in three
 * layers, and each must be no more than a scoring network needs: the zip (no entry that readers
 * could take for another), the pickles ({@link PickleWalker}), and the code ({@link
 * ScriptChecker}).
 *
 * <p>The layout is that of PyTorch's {@code torch/csrc/jit/docs/serialization.md}. Stateless.
 */
final class TorchScriptInspector {
  private static final StrictZip.Limits LIMITS = new StrictZip.Limits(20_000, 256 << 20, 64 << 20);
  private static final int CODE_MAX = 4 << 20;
  private static final int PICKLE_MAX = 32 << 20;
  private static final Pattern KNOWN =
      Pattern.compile(
          "(data|constants|traced_inputs)\\.pkl"
              + "|(data|constants|traced_inputs)/\\d{1,6}"
              + "|version|\\.data/version|byteorder|\\.data/serialization_id"
              + "|code/__torch__(/[A-Za-z0-9_]+)*\\.py(\\.debug_pkl)?");

  private TorchScriptInspector() {}

  /**
   * Refuses what is no TorchScript archive of a scoring network.
   *
   * @throws IllegalArgumentException naming the entry, the line or byte, and what is wrong
   */
  static void inspect(byte[] archive) {
    Map<String, ByteBuffer> entries = entries(archive);
    require(entries, "byteorder", "little");
    String version = entries.containsKey("version") ? "version" : ".data/version";
    require(entries, version, "\\d{1,3}\\n?");
    ScriptModule module = new ScriptModule();
    entries.forEach(
        (name, content) -> {
          if (name.endsWith(".py")) {
            module.define(name, code(name, content));
          }
        });
    module.requireTypes();
    module.functions().forEach(function -> new ScriptChecker(module, function).check());
    entries.forEach(
        (name, content) -> {
          if (name.endsWith("pkl")) {
            pickle(module, entries, name, content);
          }
        });
    for (String needed : List.of("data.pkl", "constants.pkl")) {
      if (!entries.containsKey(needed)) {
        throw new IllegalArgumentException("the archive lacks " + needed);
      }
    }
  }

  /** Entries by their names below the one folder that all of them are in. */
  private static Map<String, ByteBuffer> entries(byte[] archive) {
    boolean zip = archive.length > 4 && archive[0] == 'P' && archive[1] == 'K';
    if (!zip) {
      throw new IllegalArgumentException("expected a TorchScript archive, which is a zip file");
    }
    Map<String, ByteBuffer> entries = new LinkedHashMap<>();
    String top = null;
    for (StrictZip.Entry entry : StrictZip.read(archive, LIMITS)) {
      String folder = entry.name().substring(0, entry.name().indexOf('/') + 1);
      top = top == null ? folder : top;
      String name = entry.name().substring(folder.length());
      if (folder.isEmpty() || !folder.equals(top)) {
        throw new IllegalArgumentException(
            "entry '%s' must be in the folder of the first entry, '%s'"
                .formatted(entry.name(), top));
      }
      if (!KNOWN.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "entry '%s' is nothing that torch.jit.save writes for a network"
                .formatted(entry.name()));
      }
      entries.put(name, entry.content());
    }
    return entries;
  }

  private static void require(Map<String, ByteBuffer> entries, String name, String pattern) {
    ByteBuffer content = entries.get(name);
    String text = content == null ? null : ascii(content);
    if (text == null || !text.matches(pattern)) {
      throw new IllegalArgumentException(
          "entry %s must be %s, came %s"
              .formatted(name, pattern, text == null ? "nothing" : "'" + text + "'"));
    }
  }

  private static String ascii(ByteBuffer content) {
    byte[] start = new byte[Math.min(64, content.remaining())];
    content.duplicate().get(start);
    return new String(start, StandardCharsets.US_ASCII);
  }

  private static String code(String name, ByteBuffer content) {
    if (content.remaining() > CODE_MAX) {
      throw new IllegalArgumentException(
          "%s must have at most %d bytes, has %d".formatted(name, CODE_MAX, content.remaining()));
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(content.duplicate()).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(name + " is not UTF-8", e);
    }
  }

  private static void pickle(
      ScriptModule module, Map<String, ByteBuffer> entries, String name, ByteBuffer content) {
    if (content.remaining() > PICKLE_MAX) {
      throw new IllegalArgumentException(
          "%s must have at most %d bytes, has %d".formatted(name, PICKLE_MAX, content.remaining()));
    }
    // data.pkl has its storages in data/, constants.pkl in constants/; debug_pkl has none.
    String folder = name.endsWith(".debug_pkl") ? "" : name.replace(".pkl", "/");
    new PickleWalker(
            name,
            content,
            module::hasClass,
            (key, bytes) -> {
              ByteBuffer storage = key.matches("\\d{1,6}") ? entries.get(folder + key) : null;
              // The inputs of a trace are named, but torch keeps nothing of them.
              boolean dropped = folder.equals("traced_inputs/");
              return storage != null
                  && (storage.remaining() == bytes || (dropped && !storage.hasRemaining()));
            })
        .walk();
  }
}
