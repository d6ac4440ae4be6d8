package io.vigil.schema.codec;

import io.vigil.schema.Event;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * What stands for a record's content where it is hashed: for ids that are made of it, and to know a
 * repeat from a conflict. Whoever writes a record again with a later version of its contract says
 * nothing new, so a record in which all later fields are null has the bytes of the version from
 * which on hashes have been kept. Stateless; thread-safe.
 */
public final class Content {
  /**
   * A contract that has grown since.
   *
   * @param current header of the current version
   * @param first header of the version from which on hashes have been kept
   * @param later how many fields came after it, behind all others, each null by default
   */
  private record Grown(byte[] current, byte[] first, int later) {}

  private static final List<Grown> GROWN =
      List.of(grown(Transaction.class, 2), grown(Event.class, 1), grown(Profile.class, 1));

  private Content() {}

  /**
   * The bytes to hash. Different for different records: what is cut off are as many zero bytes as
   * there are later fields, each of which is the first branch of a union.
   *
   * @param value a record in single-object encoding; not changed
   */
  public static byte[] of(byte[] value) {
    for (Grown grown : GROWN) {
      if (starts(value, grown.current) && endsWithNulls(value, grown.later)) {
        byte[] content = Arrays.copyOf(value, value.length - grown.later);
        System.arraycopy(grown.first, 0, content, 0, SingleObject.HEADER_BYTES);
        return content;
      }
    }
    return value;
  }

  private static boolean starts(byte[] value, byte[] header) {
    return value.length >= header.length
        && Arrays.equals(value, 0, header.length, header, 0, header.length);
  }

  private static boolean endsWithNulls(byte[] value, int count) {
    for (int i = value.length - count; i < value.length; i++) {
      if (value[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static Grown grown(Class<? extends SpecificRecordBase> type, int firstVersion) {
    Schema current = SpecificData.get().getSchema(type);
    Schema first = Codec.frozen(type).get(firstVersion - 1);
    return new Grown(
        SingleObject.header(SingleObject.fingerprint(current)),
        SingleObject.header(SingleObject.fingerprint(first)),
        current.getFields().size() - first.getFields().size());
  }
}
