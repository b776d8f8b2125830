// A doubly linked list threaded through its members, first in, first out. A member is in one list
// at a time; every operation takes constant time and no memory.
//
//   List.first --> member --> member --> member <-- List.last

/** What a member carries. Both links are 0 outside a list and in a list of one. */
@unmanaged
export class ListNode {
  previous: usize;
  next: usize;
}


@unmanaged
export class List {
  first: usize;
  last: usize;

  append(node: ListNode): void {
    assert(!this.has(node));
    const address = changetype<usize>(node);
    node.previous = this.last;
    if (this.last != 0) {
      changetype<ListNode>(this.last).next = address;
    } else {
      this.first = address;
    }
    this.last = address;
  }

  /** Takes `node` out; nothing happens when it is in no list. It must not be in another list. */
  remove(node: ListNode): void {
    if (!this.has(node)) return;
    if (node.previous != 0) {
      changetype<ListNode>(node.previous).next = node.next;
    } else {
      this.first = node.next;
    }
    if (node.next != 0) {
      changetype<ListNode>(node.next).previous = node.previous;
    } else {
      this.last = node.previous;
    }
    node.previous = 0;
    node.next = 0;
  }

  /** Whether `node` is a member, given that it is in no other list. */
  // @ts-ignore: decorator
  @inline
  has(node: ListNode): bool {
    return node.previous != 0 || this.first == changetype<usize>(node);
  }
}
