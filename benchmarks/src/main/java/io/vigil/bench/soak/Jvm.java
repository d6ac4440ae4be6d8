package io.vigil.bench.soak;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;
import java.util.Map;
import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** What another JVM of this machine and user says of its memory. Not thread-safe. */
final class Jvm implements AutoCloseable {
  private final JMXConnector connector;
  private final MemoryMXBean memory;
  private final List<MemoryPoolMXBean> pools;
  private final List<GarbageCollectorMXBean> collectors;
  private final List<BufferPoolMXBean> buffers;

  /** Attaches to a JVM by its process id; it starts its management agent for that. */
  // The address is what that process, of the same user, has just said; nobody else can name one.
  @SuppressWarnings("BanJNDI")
  Jvm(long pid) throws IOException {
    String address;
    try {
      VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
      try {
        address = machine.startLocalManagementAgent();
      } finally {
        machine.detach();
      }
    } catch (AttachNotSupportedException e) {
      throw new IOException("JVM " + pid + ": cannot be asked: " + e.getMessage(), e);
    }
    connector = JMXConnectorFactory.connect(new JMXServiceURL(address));
    MBeanServerConnection beans = connector.getMBeanServerConnection();
    memory = ManagementFactory.getPlatformMXBean(beans, MemoryMXBean.class);
    pools =
        ManagementFactory.getPlatformMXBeans(beans, MemoryPoolMXBean.class).stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .toList();
    collectors = ManagementFactory.getPlatformMXBeans(beans, GarbageCollectorMXBean.class);
    buffers = ManagementFactory.getPlatformMXBeans(beans, BufferPoolMXBean.class);
  }

  /**
   * What is on the heap after the last collection, bytes: of the young generation what that
   * collection left, of the old one what there is now, for nothing but a collection moves anything
   * there.
   */
  long heapAfterCollection() {
    long bytes = 0;
    for (MemoryPoolMXBean pool : pools) {
      bytes +=
          pool.getName().contains("Old") || pool.getName().contains("Tenured")
              ? pool.getUsage().getUsed()
              : pool.getCollectionUsage().getUsed();
    }
    return bytes;
  }

  /** Collects everything now, and returns what is left on the heap, bytes. */
  long liveHeap() {
    memory.gc();
    return memory.getHeapMemoryUsage().getUsed();
  }

  /** Puts figures of now under their names. */
  void into(Map<String, Double> figures) {
    figures.put("job_heap_after_gc_mb", Minute.mb(heapAfterCollection()));
    figures.put("job_heap_committed_mb", Minute.mb(memory.getHeapMemoryUsage().getCommitted()));
    figures.put("job_non_heap_mb", Minute.mb(memory.getNonHeapMemoryUsage().getUsed()));
    figures.put(
        "job_direct_mb",
        Minute.mb(buffers.stream().mapToLong(BufferPoolMXBean::getMemoryUsed).sum()));
    for (GarbageCollectorMXBean collector : collectors) {
      String which = collector.getName().contains("MarkSweep") ? "full" : "young";
      figures.put("job_gc_" + which + "_count_total", (double) collector.getCollectionCount());
      figures.put("job_gc_" + which + "_s_total", collector.getCollectionTime() / 1e3);
    }
  }

  @Override
  public void close() throws IOException {
    connector.close();
  }
}
