/* The compiled BPF program as data of the loader, which so needs no other file. */
    .section .rodata
    .balign 8
    .global steer_object
    .global steer_object_end
steer_object:
    .incbin "steer.bpf.o"
steer_object_end:
    .section .note.GNU-stack, "", %progbits
